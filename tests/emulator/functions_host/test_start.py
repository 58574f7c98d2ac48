"""What cannot be hosted is refused at start with a sentence that names it (functions.md 3.4, 5.1, 5.17)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emulators.functions_host.host_json import host_json_from
from emulators.functions_host.refusal import StartRefused
from emulators.functions_host.settings import Settings, read_settings
from emulators.functions_host.storage import Account
from emulators.functions_host.timespan import timespan_seconds
from emulators.stack.part import ROOT

pytestmark = pytest.mark.emulator
HEAD = "import azure.functions as func\napp = func.FunctionApp()\n"
HTTP = "@app.route('x')\n"
QUEUE = "@app.queue_trigger('msg', 'work', 'AzureWebJobsStorage')\n"


REFUSED_APPS = [
    ("x = 1\n", "function_app.py holds no function app at its top level"),
    (HEAD + "other = app\n", "must hold exactly one function app at its top level; it holds app, other"),
    (
        HEAD + HTTP + "def f(req): ...\n@app.function_name('f')\n@app.route('y')\ndef g(req): ...\n",
        "the app cannot be indexed: Function f does not have a unique function name",
    ),
    (HEAD + HTTP + "def f(request): ...\n", "cannot load the f function: parameters without a binding: request"),
    (HEAD + HTTP + "def f(): ...\n", "cannot load the f function: bindings without a parameter: req"),
    (HEAD + HTTP + "def f(req: int): ...\n", "does not fit the binding httpTrigger"),
    (HEAD + HTTP + "def f(req: func.Out[str]): ...\n", "the input req must not be annotated azure.functions.Out"),
    (HEAD + HTTP + "def f(req) -> int: ...\n", "does not fit the binding http"),
    (HEAD + HTTP + "def f(req, context: int): ...\n", "the parameter context must be annotated"),
    (
        HEAD + HTTP + "@app.queue_output('out', 'q', 'AzureWebJobsStorage')\ndef f(req, out: str): ...\n",
        "the output out must be annotated azure.functions.Out[...]",
    ),
    (HEAD + QUEUE + "def f(msg: func.TimerRequest): ...\n", "does not fit the binding queueTrigger"),
    (HEAD + QUEUE.replace("work", "%NAME%") + "def f(msg): ...\n", "the setting NAME in '%NAME%' is not set"),
    (HEAD + QUEUE.replace("AzureWebJobsStorage", "Other") + "def f(msg): ...\n", "the connection Other is not set"),
    (HEAD + "@app.timer_trigger('t', '* * *')\ndef f(t): ...\n", "the schedule '* * *' of the function f"),
    (HEAD + "@app.route('a/{id:regex(x)}')\ndef f(req): ...\n", "which is not emulated"),
    (HEAD + "@app.route('a/{id:range}')\ndef f(req): ...\n", "has '{id:range}', which is not emulated"),
    (
        HEAD + "@app.blob_trigger('b', 'c/{name}', 'AzureWebJobsStorage')\ndef f(b): ...\n",
        "the function f uses blobTrigger, which is not emulated",
    ),
]
# makes a host of each folder named on the command line and prints the sentences with which they are refused
REFUSALS = """
import json, sys
from pathlib import Path
from emulators.functions_host.host import Host, HostOptions
from emulators.functions_host.refusal import StartRefused
sentences = []
for folder in sys.argv[1:]:
    try:
        Host(HostOptions(app=Path(folder)))
        sentences.append("")
    except StartRefused as refusal:
        sentences.append(str(refusal))
print(json.dumps(sentences))
"""


def make_app(folder: Path, code: str, host_json: str = '{"version": "2.0"}') -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "function_app.py").write_text(code)
    (folder / "host.json").write_text(host_json)
    return folder


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "AzureWebJobsStorage": "UseDevelopmentStorage=true", **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The sentence of each refused app, in order."""
    root = tmp_path_factory.mktemp("apps")
    folders = [str(make_app(root / str(index), code)) for index, (code, _) in enumerate(REFUSED_APPS)]
    done = run("-c", REFUSALS, *folders)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("index", range(len(REFUSED_APPS)), ids=[sentence for _, sentence in REFUSED_APPS])
def test_an_app_that_the_worker_would_refuse_is_refused(sentences: list[str], index: int) -> None:
    assert REFUSED_APPS[index][1] in sentences[index]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"Other__queueServiceUri": "https://x"}, "an identity connection (Other__...) is not emulated"),
        ({"Other": "rubbish"}, "a storage connection string needs AccountName and AccountKey"),
        ({"PYTHON_THREADPOOL_THREAD_COUNT": "0"}, "PYTHON_THREADPOOL_THREAD_COUNT must be a whole number"),
    ],
)
def test_settings_that_cannot_be_used_end_the_command_with_a_sentence(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    code = HEAD + QUEUE.replace("AzureWebJobsStorage", "Other") + "def f(msg): ...\n"
    done = run("-m", "emulators", "host", "--app", str(make_app(tmp_path, code)), **settings)
    assert done.returncode == 1, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"cannot host {tmp_path}: ")
    assert sentence in last


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([], "the document must be an object"),
        ({}, 'version must be "2.0"'),
        ({"version": "2.0", "colour": 1}, "colour is unknown"),
        ({"version": "2.0", "retry": {}}, "retry is not emulated"),
        ({"version": "2.0", "extensions": {"blobs": {}}}, "extensions.blobs is unknown"),
        ({"version": "2.0", "extensions": {"http": {"prefix": ""}}}, "extensions.http.prefix is unknown"),
        ({"version": "2.0", "extensions": {"http": {"dynamicThrottlesEnabled": True}}}, "is not emulated"),
        ({"version": "2.0", "extensions": {"queues": {"batchSize": 33}}}, "must be a whole number from 1 to 32"),
        ({"version": "2.0", "extensions": {"queues": {"batchSize": 0}}}, "must be a whole number from 1 to 32"),
        ({"version": "2.0", "extensions": {"queues": {"maxPollingInterval": "00:00:00.050"}}}, "at least 0.1 s"),
        ({"version": "2.0", "extensions": {"queues": {"visibilityTimeout": 5}}}, "must be a time such as"),
        ({"version": "2.0", "extensions": {"queues": {"messageEncoding": "utf8"}}}, "must be base64 or none"),
        ({"version": "2.0", "functionTimeout": "forever"}, "functionTimeout must be a time"),
        ({"version": "2.0", "functions": "all"}, "functions must be a list of names"),
        ({"version": "2.0", "extensionBundle": {"id": "Other"}}, "extensionBundle.id must be"),
    ],
)
def test_host_json_is_read_strictly(document: Any, sentence: str) -> None:
    with pytest.raises(StartRefused) as raised:
        host_json_from(document)
    assert str(raised.value).startswith("host.json: ")
    assert sentence in str(raised.value)


def test_host_json_gives_the_documented_defaults() -> None:
    plain = host_json_from({"version": "2.0"})
    assert (plain.http.route_prefix, plain.function_timeout, plain.functions) == ("api", 1800, None)
    queues = plain.queues
    assert (queues.batch_size, queues.max_dequeue_count, queues.visibility_timeout) == (16, 5, 0)
    assert (queues.max_polling_interval, queues.message_encoding) == (2, "base64")
    assert queues.new_batch_threshold % 8 == 0
    assert host_json_from({"version": "2.0", "functionTimeout": "-1"}).function_timeout is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:00:02", 2),
        ("01:30", 5400),
        ("1.02:00:00.5", 93600.5),
        ("24:00:00", None),
        ("00:60:00", None),
        ("5", None),
        ("", None),
    ],
)
def test_time_spans(text: str, seconds: float | None) -> None:
    assert timespan_seconds(text) == seconds


def test_local_settings_fill_the_environment_where_nothing_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SET_BEFORE", "kept")
    for name in ("SET_BY_FILE", "AZURE_FUNCTIONS_ENVIRONMENT", "FUNCTIONS_WORKER_RUNTIME"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(name, "")  # so that monkeypatch forgets what the call below sets
        monkeypatch.delenv(name)
    (tmp_path / "local.settings.json").write_text(
        json.dumps({"IsEncrypted": False, "Values": {"SET_BEFORE": "lost", "SET_BY_FILE": "new"}})
    )
    settings = read_settings(tmp_path)
    assert (settings.get("SET_BEFORE"), settings.get("SET_BY_FILE")) == ("kept", "new")
    assert settings.get("AZURE_FUNCTIONS_ENVIRONMENT") == "Development"


def test_connections_prefer_the_long_name_and_functions_can_be_disabled() -> None:
    settings = Settings({"AzureWebJobsMine": "long", "Mine": "short", "AzureWebJobs.f.Disabled": "True"})
    assert settings.connection("Mine", "here") == "long"
    assert (settings.is_disabled("f"), settings.is_disabled("g")) == (True, False)


def test_connection_strings() -> None:
    development = Account.parse("UseDevelopmentStorage=true")
    assert development.queue_endpoint == "http://127.0.0.1:10001/devstoreaccount1"
    real = Account.parse(
        "DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=a2V5;EndpointSuffix=core.windows.net"
    )
    assert (real.queue_endpoint, real.key) == ("https://acc.queue.core.windows.net", b"key")
