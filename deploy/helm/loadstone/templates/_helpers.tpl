{{- /* Names, labels and the two durations that more than one template needs. */ -}}

{{- define "loadstone.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "loadstone.fullname" -}}
{{- $name := include "loadstone.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- .Values.fullnameOverride | default $full | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "loadstone.selector" -}}
app.kubernetes.io/name: {{ include "loadstone.name" . }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "loadstone.labels" -}}
{{ include "loadstone.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "loadstone.configMap" -}}
{{- .Values.existingConfigMap | default (include "loadstone.fullname" .) -}}
{{- end -}}

{{- define "loadstone.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- /* Whole seconds. The config is read only for this one number; Loadstone itself gets the text as it stands. */ -}}
{{- define "loadstone.shutdownGrace" -}}
{{- if not (kindIs "invalid" .Values.shutdownGraceSeconds) -}}
{{- .Values.shutdownGraceSeconds | int -}}
{{- else if .Values.existingConfigMap -}}
60
{{- else -}}
{{- $config := fromYaml .Values.config -}}
{{- if hasKey $config "Error" -}}
{{- fail (printf "config is not YAML that Helm can read (%s); set shutdownGraceSeconds if Loadstone can" $config.Error) -}}
{{- end -}}
{{- $general := get $config "general_settings" | default dict -}}
{{- $given := get $general "shutdown_grace" -}}
{{- $grace := ternary "60" ($given | toString) (has $given (list nil "")) -}}
{{- if not (regexMatch "^[0-9]+([.][0-9]+)?$" $grace) -}}
{{- fail (printf "general_settings.shutdown_grace is no number here (%s): set shutdownGraceSeconds" $grace) -}}
{{- end -}}
{{- $grace | float64 | ceil | int -}}
{{- end -}}
{{- end -}}
