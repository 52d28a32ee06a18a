from cdk8s import App, Chart
from cdk8s_plus_27 import ContainerPort, PodSecurityContextProps
from cdk8s_sync_async import Check, Gpu, ProcessProps, RoleLabelOptions, RoleProps, Split, SyncAsyncStatefulSet

app = App()
chart = Chart(app, "minimal", disable_resource_name_hashes=True)

pods = SyncAsyncStatefulSet(
    chart,
    "hello",
    image="python:3.12-alpine",
    security_context=PodSecurityContextProps(user=65534),  # the image names none but root
    gpu=Gpu.none(),
    replicas=3,
    split=Split.count(1),
    role_label=RoleLabelOptions(),  # so that a Service can tell who is synchronous
    ports=[ContainerPort(name="http", number=8080)],
    sync_role=RoleProps(
        processes=[
            ProcessProps(
                name="server",
                command=["sh", "-c", 'echo "Hello from $POD_NAME" >/tmp/index.html && exec python3 -m http.server 8080 --directory /tmp'],
                ready=Check.command(["python3", "-c", 'import urllib.request; urllib.request.urlopen("http://127.0.0.1:8080/")']),
            ),
        ],
    ),
    async_role=RoleProps(
        processes=[
            ProcessProps(
                name="worker",
                command=["sh", "-c", 'trap "last=yes" TERM; until [ "$last" ]; do echo "job begun"; sleep 5 & wait; wait; echo "job done"; done'],
            ),
        ],
    ),
)
pods.expose_sync_via_service(name="hello")
app.synth()
