{{/*
What values.schema.json could say only by a pattern, in sentences and all at once. Every pod of ours includes it before it uses a value.
The templates below take a dict with "at", the path of the value, and what they look at; they give one line for each mistake.
*/}}
{{- define "chaperone.refuse" -}}
{{- $lines := list
  (include "chaperone.imageFaults" (dict "at" "operator.image" "image" .Values.operator.image))
  (include "chaperone.imageFaults" (dict "at" "sensor.image" "image" .Values.sensor.image))
  (include "chaperone.addressFaults" (dict "at" "otlp.endpoint" "text" .Values.otlp.endpoint))
  (include "chaperone.addressFaults" (dict "at" "selfTracing.endpoint" "text" .Values.selfTracing.endpoint))
  (include "chaperone.secretFaults" (dict "at" "otlp.headersSecret" "secret" .Values.otlp.headersSecret))
  (include "chaperone.sinkFaults" .Values.gateway.alerts.sinks)
  (include "chaperone.blockFaults" (dict "at" "gateway.alerts.policySinks.allowedCidrs" "blocks" .Values.gateway.alerts.policySinks.allowedCidrs))
  (include "chaperone.resourceFaults" (dict "at" "operator.resources" "resources" .Values.operator.resources))
  (include "chaperone.resourceFaults" (dict "at" "gateway.resources" "resources" .Values.gateway.resources))
  (include "chaperone.resourceFaults" (dict "at" "sensor.resources" "resources" .Values.sensor.resources))
  (include "chaperone.labelFaults" (dict "at" "dns.podLabels" "labels" .Values.dns.podLabels)) -}}
{{- if not .Values.otlp.endpoint -}}
{{- $lines = append $lines "otlp.endpoint is required: the base address of an OTLP/HTTP receiver, such as http://collector.tracing.svc:4318" -}}
{{- end -}}
{{- range $index, $secret := .Values.imagePullSecrets -}}
{{- $lines = append $lines (include "chaperone.secretFaults" (dict "at" (printf "imagePullSecrets[%d]" $index) "secret" (dict "name" (.name | default "?")))) -}}
{{- end -}}
{{- $faults := splitList "\n" (join "\n" $lines) | compact -}}
{{- if $faults -}}
{{- fail (printf "the values do not fit:\n  %s" (join "\n  " $faults)) -}}
{{- end -}}
{{- end }}

{{- define "chaperone.imageFaults" }}
{{- with .image }}
{{- if not .repository }}
{{ $.at }}.repository is required: the image that you built from containers/ and pushed, such as registry.example.com/chaperone/{{ trimSuffix ".image" $.at }}
{{- else if not (regexMatch "^[^\\s@:/]+(:[0-9]+/[^\\s@:]+|/[^\\s@:]+)?$" .repository) }}
{{ $.at }}.repository: write the image without its tag, such as registry.example.com/chaperone/{{ trimSuffix ".image" $.at }}; the tag goes to {{ $.at }}.tag, a digest to {{ $.at }}.digest
{{- end }}
{{- if not (regexMatch "^([A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$" (.tag | default "")) }}
{{ $.at }}.tag: write a tag such as 0.1.0: at most 128 letters, digits, "_", "." and "-"
{{- end }}
{{- if not (regexMatch "^(sha256:[0-9a-f]{64})?$" (.digest | default "")) }}
{{ $.at }}.digest: write sha256: and 64 hexadecimal digits, or nothing
{{- end }}
{{- end }}
{{- end }}

{{- define "chaperone.addressFaults" }}
{{- if not (regexMatch "^(https?://[^\\s?#]+)?$" (.text | default "")) }}
{{ .at }}: write an address such as http://collector.tracing.svc:4318, which begins with http:// or https://
{{- end }}
{{- end }}

{{/* "secret" has a name, which may be empty, and a key where it needs one. */}}
{{- define "chaperone.secretFaults" }}
{{- if not (regexMatch "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$" (.secret.name | default "")) }}
{{ .at }}.name: write the name of a Secret of the release's namespace: lower-case letters, digits, "-" and "."
{{- end }}
{{- if not (regexMatch "^[-._a-zA-Z0-9]{0,253}$" (.secret.key | default "")) }}
{{ .at }}.key: write a key of the Secret, such as url: letters, digits, "-", "_" and "."
{{- end }}
{{- end }}

{{- define "chaperone.sinkFaults" }}
{{- $names := list }}
{{- range $index, $sink := . }}
{{- $at := printf "gateway.alerts.sinks[%d]" $index }}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$" .name) }}
{{ $at }}.name: write a name such as siem: at most 52 lower-case letters, digits and "-", a letter or digit first and last
{{- end }}
{{- if has .name $names }}
{{ $at }}.name: there are two sinks called {{ .name | quote }}, so give each its own name
{{- end }}
{{- $names = append $names .name }}
{{- if eq (empty .webhook) (empty .slack) }}
{{ $at }}: write exactly one of webhook and slack; for two kinds write two sinks
{{- end }}
{{- range $kind := list "webhook" "slack" }}
{{- range $member := list "secretRef" "signingKeyRef" }}
{{- with dig $kind $member dict $sink }}
{{- include "chaperone.secretFaults" (dict "at" (printf "%s.%s.%s" $at $kind $member) "secret" .) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "chaperone.resourceFaults" }}
{{- range $kind, $quantities := .resources }}
{{- range $name, $quantity := $quantities }}
{{- if not (regexMatch "^[0-9]+([.][0-9]+)?(m|k|Ki|[MGTPE]i?)?$" (toString $quantity)) }}
{{ $.at }}.{{ $kind }}.{{ $name }}: write a quantity such as 50m, 2, 128Mi or 1Gi
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "chaperone.labelFaults" }}
{{- range $name, $value := .labels }}
{{- if not (regexMatch "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$" $value) }}
{{ $.at }}.{{ $name }}: write a label value such as kube-dns: letters, digits, "-", "_" and ".", a letter or digit first and last
{{- end }}
{{- end }}
{{- end }}

{{- define "chaperone.blockFaults" }}
{{- range $index, $block := .blocks }}
{{- $found := include "chaperone.block" $block | fromJson }}
{{- if not $found.isBlock }}
{{ $.at }}[{{ $index }}]: write an address block such as 10.1.2.0/24 or 2001:db8::/32
{{- else if $found.hasHostBits }}
{{ $.at }}[{{ $index }}]: {{ $block }} has bits set behind its prefix length: write the first address of the block, or /32 (IPv6: /128) for one address
{{- end }}
{{- end }}
{{- end }}

{{/* Whether a text is an address block, and whether it has bits behind its prefix, as JSON. An IPv6 address is in groups of hexadecimal digits throughout. */}}
{{- define "chaperone.block" -}}
{{- $parts := splitList "/" . -}}
{{- $address := first $parts -}}
{{- $is6 := contains ":" $address -}}
{{- $width := ternary 16 8 $is6 -}}
{{- $most := ternary 8 4 $is6 -}}
{{- $groups := splitList (ternary ":" "." $is6) $address -}}
{{- $halves := splitList "::" $address -}}
{{- if eq (len $halves) 2 -}}
{{- $groups = list -}}
{{- range $index, $half := $halves -}}
{{- $given := list -}}
{{- if $half -}}
{{- $given = splitList ":" $half -}}
{{- end -}}
{{- if $index -}}
{{- range until (int (max 0 (sub $most (add (len $groups) (len $given))))) -}}
{{- $groups = append $groups "0" -}}
{{- end -}}
{{- end -}}
{{- $groups = concat $groups $given -}}
{{- end -}}
{{- end -}}
{{- $form := ternary "^[0-9a-fA-F]{1,4}$" "^(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])$" $is6 -}}
{{- $length := last $parts -}}
{{- $isBlock := and (eq (len $parts) 2) (eq (len $groups) $most) (regexMatch "^(0|[1-9][0-9]{0,2})$" $length) -}}
{{- $hasHostBits := false -}}
{{- range $index, $group := $groups -}}
{{- if not (regexMatch $form $group) -}}
{{- $isBlock = false -}}
{{- end -}}
{{- if $isBlock -}}
{{- $free := min $width (max 0 (sub (mul $width (add1 $index)) (atoi $length))) -}}
{{- $size := 1 -}}
{{- range until (int $free) -}}
{{- $size = mul $size 2 -}}
{{- end -}}
{{- if mod (int64 (printf "%s%s" (ternary "0x" "" $is6) $group)) $size -}}
{{- $hasHostBits = true -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- /* An IPv4 address that is written as IPv6 means something else to others than to us (RFC 4291, 2.5.5.2). */ -}}
{{- if or (gt (atoi $length) (mul $width $most | int)) (regexMatch "^(0{1,4}:){5}[fF]{4}:" (join ":" $groups)) -}}
{{- $isBlock = false -}}
{{- end -}}
{{- dict "isBlock" $isBlock "hasHostBits" $hasHostBits | toJson -}}
{{- end }}
