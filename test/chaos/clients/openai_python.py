# Plays requests with the OpenAI library for Python: one line of JSON in, one line out, each request in a thread of its
# own so that a slow one holds up nobody.
import json
import sys
import threading

import openai

writing = threading.Lock()


def answer(message):
    client = openai.OpenAI(base_url=message["baseUrl"], api_key="any", max_retries=0)
    messages = [{"role": "user", "content": message["prompt"]}]
    text, finish, usage = "", None, None
    try:
        if not message["stream"]:
            whole = client.chat.completions.create(model=message["model"], messages=messages)
            text, finish, usage = whole.choices[0].message.content, whole.choices[0].finish_reason, whole.usage
        else:
            options = {"include_usage": True}
            with client.chat.completions.create(
                model=message["model"], messages=messages, stream=True, stream_options=options
            ) as chunks:
                for chunk in chunks:
                    usage = chunk.usage or usage
                    for choice in chunk.choices:
                        text += choice.delta.content or ""
                        finish = choice.finish_reason or finish
        tokens = None if usage is None else usage.completion_tokens
        return {"kind": "answer", "text": text, "finish": finish, "completionTokens": tokens}
    except openai.OpenAIError as error:
        status = getattr(error, "status_code", None)
        return {"kind": "error", "text": text, "status": status, "message": str(error)}


def play(line):
    message = json.loads(line)
    try:
        seen = answer(message)
    except Exception as error:
        seen = {"kind": "broken", "message": repr(error)}
    with writing:
        print(json.dumps({"id": message["id"], "seen": seen}), flush=True)


for line in sys.stdin:
    threading.Thread(target=play, args=(line,), daemon=True).start()
