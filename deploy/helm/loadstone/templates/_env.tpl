{{- /* The variables of the container: keys from Secrets, Redis, and what was added. */ -}}
{{- define "loadstone.env" -}}
{{- range .Values.secretEnv }}
- name: {{ . | quote }}
  valueFrom:
    secretKeyRef: {name: {{ $.Values.secretName | quote }}, key: {{ . | quote }}}
{{- end }}
{{- with .Values.redis }}
{{- if .host }}
- name: REDIS_HOST
  value: {{ .host | quote }}
- name: REDIS_PORT
  value: {{ .port | quote }}
{{- if .passwordSecretName }}
- name: REDIS_PASSWORD
  valueFrom:
    secretKeyRef: {name: {{ .passwordSecretName | quote }}, key: {{ .passwordSecretKey | quote }}}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}
