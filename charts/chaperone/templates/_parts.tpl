{{/* Labels of every object; the argument is a dict with "root" and "component". */}}
{{- define "chaperone.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: chaperone
{{ include "chaperone.selectorLabels" . }}
{{- end }}

{{/* The labels that Deployments, Services and NetworkPolicies select by: they never change. */}}
{{- define "chaperone.selectorLabels" -}}
app.kubernetes.io/name: chaperone
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* An image's reference; the argument is a dict with "root" and "image" (its values). */}}
{{- define "chaperone.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* What the pods of operator, gateway and uninstall have in common. */}}
{{- define "chaperone.podSettings" -}}
{{- include "chaperone.refuse" . -}}
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "chaperone.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* The environment that every process of ours reads. */}}
{{- define "chaperone.environment" -}}
- name: CHAPERONE_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: CHAPERONE_POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: CHAPERONE_LOG_LEVEL
  value: {{ .Values.logLevel | quote }}
{{- with .Values.selfTracing.endpoint }}
- name: CHAPERONE_TRACES_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- end }}

{{/* Resources as JSON; a quantity that was written as a number becomes a string, as the API server makes it. */}}
{{- define "chaperone.resourcesJson" -}}
{{- $resources := dict -}}
{{- range $kind, $quantities := . -}}
{{- $texts := dict -}}
{{- range $name, $quantity := $quantities -}}
{{- $_ := set $texts $name (toString $quantity) -}}
{{- end -}}
{{- $_ := set $resources $kind $texts -}}
{{- end -}}
{{- toJson $resources -}}
{{- end }}

{{/* Labels as name=value,name=value. */}}
{{- define "chaperone.labelList" -}}
{{- $pairs := list -}}
{{- range $name, $value := . -}}
{{- $pairs = append $pairs (printf "%s=%s" $name $value) -}}
{{- end -}}
{{- join "," $pairs -}}
{{- end }}

{{/* Two replicas are kept on two nodes where there are two. */}}
{{- define "chaperone.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "chaperone.selectorLabels" . | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
{{- end }}

{{- define "chaperone.probes" -}}
livenessProbe:
  httpGet: {path: /healthz, port: health}
  initialDelaySeconds: 5
  periodSeconds: 10
readinessProbe:
  httpGet: {path: /readyz, port: health}
  periodSeconds: 2
{{- end }}

{{/* What the gateway is told of alerts: where each sink's Secret is mounted, never what is in it. */}}
{{- define "chaperone.alertsJson" -}}
{{- $sinks := list -}}
{{- range .Values.gateway.alerts.sinks -}}
{{- $folder := printf "/etc/chaperone/sinks/%s" .name -}}
{{- $parts := .webhook | default .slack -}}
{{- $url := dict "file" (printf "%s/url" $folder) "secret" $parts.secretRef.name "key" ($parts.secretRef.key | default "url") -}}
{{- $sink := dict "name" .name "kind" (ternary "slack" "webhook" (empty .webhook)) "url" $url "allowHttp" (.allowHttp | default false) -}}
{{- with $parts.signingKeyRef -}}
{{- $_ := set $sink "signingKey" (dict "file" (printf "%s/signingKey" $folder) "secret" .name "key" (.key | default "signingKey")) -}}
{{- end -}}
{{- $sinks = append $sinks $sink -}}
{{- end -}}
{{- dict "minSeverity" .Values.gateway.alerts.minSeverity "labels" .Values.gateway.alerts.labels "sinks" $sinks "policySinks" .Values.gateway.alerts.policySinks | toJson -}}
{{- end }}
