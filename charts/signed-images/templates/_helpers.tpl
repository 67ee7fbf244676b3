{{/* The module, without a scheme: see docs/src/rancher.md. */}}
{{- define "signed-images.module" -}}
{{- with .Values.global.cattle.systemDefaultRegistry }}{{ . }}/{{ end -}}
{{- .Values.module.repository -}}
:{{ .Values.module.tag | default (printf "v%s" .Chart.AppVersion) }}
{{- with .Values.module.digest }}@{{ . }}{{ end -}}
{{- end }}

{{/* The namespaces that are selected, but for those that are excluded, by the label that Kubernetes gives each. */}}
{{- define "signed-images.namespaceSelector" -}}
{{- $selector := deepCopy .Values.namespaceSelector }}
{{- with .Values.excludeNamespaces }}
  {{- $excluded := dict "key" "kubernetes.io/metadata.name" "operator" "NotIn" "values" . }}
  {{- $_ := set $selector "matchExpressions" (append ($selector.matchExpressions | default list) $excluded) }}
{{- end }}
{{- toJson $selector }}
{{- end }}

{{/* The kinds of objects that hold keys of the settings. */}}
{{- define "signed-images.contextAwareResources" -}}
{{- $settings := .Values.settings }}
{{- $signers := list }}
{{- range $settings.rules }}
  {{- $signers = concat $signers (.allOf | default list) ((.anyOf | default dict).signatures | default list) }}
{{- end }}
{{- $keys := list }}
{{- range $settings.publicKeys }}{{ $keys = concat $keys (.keys | default list) }}{{ end }}
{{- $reads := dict }}
{{- range $signers }}
  {{- $keys = append $keys (.key | default "") }}
  {{- with .keyFrom }}
    {{- if .configMap }}{{ $_ := set $reads "ConfigMap" true }}{{ end }}
    {{- if .secret }}{{ $_ := set $reads "Secret" true }}{{ end }}
  {{- end }}
{{- end }}
{{- range $keys }}
  {{- if hasPrefix "k8s://" . }}{{ $_ := set $reads "Secret" true }}{{ end }}
{{- end }}
{{- $resources := .Values.contextAwareResources }}
{{- if not $resources }}
  {{- range keys $reads | sortAlpha }}{{ $resources = append $resources (dict "apiVersion" "v1" "kind" .) }}{{ end }}
{{- end }}
{{- toJson $resources }}
{{- end }}
