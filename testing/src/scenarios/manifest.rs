//! Manifests as the API server sends them to a webhook: compact JSON, the fields in the API's order, with
//! the managed fields and with what `kubectl apply` remembers.
//!
//! - Why strings? A JSON library's order of keys depends on its features, and the measurements would with it.
//! - How does an object become large? By the environment of its container, which is there three times:
//!   itself, in `last-applied-configuration` (as escaped JSON in a string) and in `managedFields`.

/// A Deployment of one container, with so many environment variables.
pub(super) fn deployment(image: &str, replicas: usize, variables: usize) -> String {
    let environment = joined(variables, environment);
    let applied = format!(
        r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"annotations":{{}},"name":"checkout","namespace":"shop"}},"spec":{{"replicas":{replicas},"selector":{{"matchLabels":{{"app.kubernetes.io/name":"checkout"}}}},"template":{{"metadata":{{"labels":{{"app.kubernetes.io/name":"checkout"}}}},"spec":{{"containers":[{{"env":[{environment}],"image":"{image}","name":"checkout","ports":[{{"containerPort":8080,"name":"http"}}]}}]}}}}}}}}"#
    );
    let applied = applied.replace('"', r#"\""#);
    let managed = joined(variables, |index| {
        format!(r#""k:{{\"name\":\"{}\"}}":{{".":{{}},"f:name":{{}},"f:value":{{}}}}"#, name(index))
    });
    format!(
        r#"{{"kind":"Deployment","apiVersion":"apps/v1","metadata":{{"name":"checkout","namespace":"shop","uid":"5c9f7a1e-3a52-4b0e-9d57-9b8e6a0f4c11","generation":1,"creationTimestamp":"2026-01-05T09:30:00Z","labels":{{"app.kubernetes.io/name":"checkout"}},"annotations":{{"kubectl.kubernetes.io/last-applied-configuration":"{applied}\n"}},"managedFields":[{{"manager":"kubectl-client-side-apply","operation":"Update","apiVersion":"apps/v1","time":"2026-01-05T09:30:00Z","fieldsType":"FieldsV1","fieldsV1":{{"f:metadata":{{"f:annotations":{{".":{{}},"f:kubectl.kubernetes.io/last-applied-configuration":{{}}}}}},"f:spec":{{"f:progressDeadlineSeconds":{{}},"f:replicas":{{}},"f:revisionHistoryLimit":{{}},"f:selector":{{}},"f:strategy":{{"f:rollingUpdate":{{".":{{}},"f:maxSurge":{{}},"f:maxUnavailable":{{}}}},"f:type":{{}}}},"f:template":{{"f:spec":{{"f:containers":{{"k:{{\"name\":\"checkout\"}}":{{".":{{}},"f:env":{{".":{{}},{managed}}},"f:image":{{}},"f:imagePullPolicy":{{}},"f:name":{{}}}}}}}}}}}}}}}}]}},"spec":{{"replicas":{replicas},"selector":{{"matchLabels":{{"app.kubernetes.io/name":"checkout"}}}},"template":{{"metadata":{{"creationTimestamp":null,"labels":{{"app.kubernetes.io/name":"checkout"}}}},"spec":{{"containers":[{{"name":"checkout","image":"{image}","ports":[{{"name":"http","containerPort":8080,"protocol":"TCP"}}],"env":[{environment}],"resources":{{"limits":{{"memory":"512Mi"}},"requests":{{"cpu":"250m","memory":"256Mi"}}}},"livenessProbe":{{"httpGet":{{"path":"/healthz","port":8080,"scheme":"HTTP"}},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3}},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{{}},"schedulerName":"default-scheduler"}}}},"strategy":{{"type":"RollingUpdate","rollingUpdate":{{"maxUnavailable":"25%","maxSurge":"25%"}}}},"revisionHistoryLimit":10,"progressDeadlineSeconds":600}},"status":{{}}}}"#
    )
}

/// A Pod with a container for each image.
pub(super) fn pod(images: &[String]) -> String {
    let containers: Vec<String> =
        images.iter().enumerate().map(|(index, image)| container(index, image)).collect();
    let managed: Vec<String> = (0..images.len())
        .map(|index| {
            format!(
                r#""k:{{\"name\":\"container-{index}\"}}":{{".":{{}},"f:image":{{}},"f:imagePullPolicy":{{}},"f:name":{{}},"f:resources":{{}}}}"#
            )
        })
        .collect();
    format!(
        r#"{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"checkout-7d4b9c6f5-x2x8k","generateName":"checkout-7d4b9c6f5-","namespace":"shop","uid":"0b6c1c9e-98b0-4c8f-8c55-0f4f4c2d7a10","creationTimestamp":"2026-01-05T09:30:00Z","labels":{{"app.kubernetes.io/name":"checkout","pod-template-hash":"7d4b9c6f5"}},"ownerReferences":[{{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"checkout-7d4b9c6f5","uid":"d0f6e1c2-1111-4a36-8a35-5a1f1c8e0b7d","controller":true,"blockOwnerDeletion":true}}],"managedFields":[{{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"2026-01-05T09:30:00Z","fieldsType":"FieldsV1","fieldsV1":{{"f:metadata":{{"f:generateName":{{}},"f:labels":{{".":{{}},"f:app.kubernetes.io/name":{{}},"f:pod-template-hash":{{}}}},"f:ownerReferences":{{}}}},"f:spec":{{"f:containers":{{{}}},"f:dnsPolicy":{{}},"f:restartPolicy":{{}}}}}}}}]}},"spec":{{"volumes":[{{"name":"kube-api-access-9k2lq","projected":{{"sources":[{{"serviceAccountToken":{{"expirationSeconds":3607,"path":"token"}}}},{{"configMap":{{"name":"kube-root-ca.crt","items":[{{"key":"ca.crt","path":"ca.crt"}}]}}}}],"defaultMode":420}}}}],"containers":[{}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default","serviceAccount":"default","securityContext":{{}},"schedulerName":"default-scheduler","tolerations":[{{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}},{{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}}],"priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"}},"status":{{}}}}"#,
        managed.join(","),
        containers.join(","),
    )
}

fn container(index: usize, image: &str) -> String {
    format!(
        r#"{{"name":"container-{index}","image":"{image}","resources":{{"limits":{{"memory":"512Mi"}},"requests":{{"cpu":"250m","memory":"256Mi"}}}},"volumeMounts":[{{"name":"kube-api-access-9k2lq","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}}],"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}}"#
    )
}

fn environment(index: usize) -> String {
    let team = index % 7;
    format!(
        r#"{{"name":"{}","value":"https://service-{index:04}.team-{team}.svc.cluster.local:8443/"}}"#,
        name(index)
    )
}

fn name(index: usize) -> String {
    format!("SETTING_{index:04}")
}

fn joined(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect::<Vec<_>>().join(",")
}
