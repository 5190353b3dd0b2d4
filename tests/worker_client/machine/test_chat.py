"""A language model in a seat, behind a stub of its server: answers, confidences and failures."""

import asyncio
import io
import socket
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from math import log
from typing import Any

import pytest

from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.wire.parts import Image, Record
from tests.worker_client.machine.model_server import ModelServer, Said, completion, failed, serving
from tests.worker_client.machine.programs import MIAOW, SECONDS, WOOF, WORK, labels
from worker_client.machine.chat import ChatModel
from worker_client.machine.completion import class_in, png, prompt_for
from worker_client.machine.http_server import server_at
from worker_client.machine.labeller import Identity, Work

Play = Callable[[Coroutine[Any, Any, None]], None]
DOG = completion("dog")


def model(
    stub: ModelServer, *, limit: float = SECONDS, restarts: int = 2, **more: Any
) -> ChatModel:
    server = server_at(stub.url, key=more.pop("key", ""), allow_remote=False)
    return ChatModel(server, "barker", timeout=limit, restarts=restarts, pause=0.01, **more)


@asynccontextmanager
async def running(
    stub: ModelServer, *, work: Work = WORK, **options: Any
) -> AsyncIterator[tuple[ChatModel, Identity]]:
    """Run a model from when it is ready to the end of the block."""
    made = model(stub, **options)
    known: asyncio.Queue[Identity] = asyncio.Queue()
    keeper = asyncio.create_task(made.run(work, known.put_nowait))
    try:
        yield made, await known.get()
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)


def test_a_model_is_asked_about_each_record(play: Play) -> None:
    async def story() -> None:
        with serving(DOG, completion("Cat.")) as stub:
            async with running(stub, key="sk-1234") as (chat, identity):
                assert await chat.label([WOOF, MIAOW], SECONDS) == labels(1, 0)
                assert identity.source == "barker"
                assert identity.revision.startswith("prompt sha256:")
                assert identity.remote == ""
                assert chat.report() == ""
        assert {each.headers["Authorization"] for each in stub.asked} == {"Bearer sk-1234"}
        first = stub.questions[0]
        assert (first["model"], first["temperature"], first["logprobs"]) == ("barker", 0, True)
        system, user = first["messages"]
        assert system["role"] == "system"
        assert "Which animal is it?" in system["content"]
        assert system["content"].endswith("\ncat\ndog")
        assert user == {"role": "user", "content": "woof"}

    play(story())


def test_numbers_and_pictures_are_sent_as_a_model_reads_them(play: Play) -> None:
    image = Image(2, 1, 3, bytes([255, 0, 0, 0, 0, 255]))

    async def story() -> None:
        with serving(DOG) as stub:
            async with running(stub) as (chat, _):
                numbers = Record("1", numbers=(("weight", 4.5), ("legs", 4.0)))
                await chat.label([numbers, Record("2", image=image)], SECONDS)
        user = [question["messages"][1]["content"] for question in stub.questions]
        assert user[0] == "weight: 4.5\nlegs: 4"
        url = user[1][0]["image_url"]["url"]
        assert b64decode(url.removeprefix("data:image/png;base64,")) == png(image)

    play(story())


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_a_picture_survives_its_encoding(channels: Any, mode: str) -> None:
    pictures = pytest.importorskip("PIL.Image", reason="needs the extra pictures")
    pixels = bytes(range(5 * 3 * channels))
    read = pictures.open(io.BytesIO(png(Image(5, 3, channels, pixels))))
    assert (read.size, read.mode, read.tobytes()) == ((5, 3), mode, pixels)


CONFIDENT = [
    (completion("dog", ("d", log(0.9)), ("og", log(0.8))), 0.72),
    (completion("dog", ("dog", log(0.9)), ("<|end|>", log(0.1))), 0.9),
    (completion(" Dog.", (" D", log(0.5)), ("og", log(0.5)), (".", log(0.1))), 0.25),
    (completion("<think>cat?</think>\ndog", ("<think>cat?</think>\n", -9.0), ("dog", -0.0)), 1.0),
    (completion("dog", ("dog", 0.5)), 1.0),
    (completion("dog", ("other", 0.5)), None),
    (completion("dog", logprobs={"content": None}), None),
    (completion("dog", logprobs="of another kind"), None),
    (completion("dog", logprobs=None), None),
    (completion("dog"), None),
]


@pytest.mark.parametrize(("said", "confidence"), CONFIDENT)
def test_the_confidence_is_the_probability_of_the_tokens_of_the_class(
    play: Play, said: Said, confidence: float | None
) -> None:
    async def story() -> None:
        with serving(said) as stub:
            async with running(stub) as (chat, _):
                given = await chat.label([WOOF], SECONDS)
        assert given.labels == (1,)
        assert given.confidences == (pytest.approx(confidence) if confidence else None,)

    play(story())


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("dog", 1),
        ("DOG\n", 1),
        ("**dog**", 1),
        ("`dog`.", 1),
        ("not dog", None),
        ("a dog or a cat", None),
        ("", None),
        ("...", None),
        ("Dog", 1),
        ("c.a.t.", 2),
        ("STRASSE", 3),
    ],
)
def test_an_answer_is_a_class_or_none(answer: str, label: int | None) -> None:
    assert class_in(answer, ["cat", "dog", "c.a.t.", "straße"]) == label


def test_classes_that_differ_in_case_alone_are_told_apart() -> None:
    assert class_in("us", ["US", "us"]) == 1
    assert class_in("Us", ["US", "us"]) is None


def test_an_answer_that_is_no_class_abstains_and_is_counted(play: Play) -> None:
    async def story() -> None:
        with serving(completion("I cannot tell."), completion(None), DOG) as stub:
            async with running(stub, restarts=0) as (chat, _):
                assert await chat.label([WOOF] * 3, SECONDS) == labels(None, None, 1)
                assert chat.report() == "2 answers outside the classes"

    play(story())


def test_a_server_that_knows_no_log_probabilities_is_asked_without_them(play: Play) -> None:
    async def story() -> None:
        with serving(failed(400, "unknown field logprobs"), DOG) as stub:
            async with running(stub, restarts=0) as (chat, _):
                assert await chat.label([WOOF, WOOF], SECONDS) == labels(1, 1)
        assert ["logprobs" in each for each in stub.questions] == [True, False, False]

    play(story())


def test_a_record_that_the_server_refuses_abstains_alone(play: Play) -> None:
    async def story() -> None:
        with serving(DOG, failed(413, "too long"), DOG) as stub:
            async with running(stub) as (chat, _):
                assert await chat.label([WOOF] * 3, SECONDS) == labels(1, None, 1)
                assert chat.report() == "1 record refused"

    play(story())


TROUBLE = [
    failed(500, "out of memory"),
    failed(503, "loading the model"),
    failed(429, "slow down"),
    Said("<html>not what you think</html>"),
    Said({"choices": []}),
    Said([]),
]


@pytest.mark.parametrize("said", TROUBLE)
def test_a_server_in_trouble_is_asked_again(play: Play, said: Said) -> None:
    async def story() -> None:
        with serving(said, said, DOG) as stub:
            async with running(stub) as (chat, _):
                assert await chat.label([WOOF], SECONDS) == labels(1)
                assert chat.report() == "2 failed requests"

    play(story())


@pytest.mark.parametrize("header", ["0", "Mon, 05 Oct 2026 10:00:01 GMT"])
def test_retry_after_is_obeyed_and_is_no_failure(play: Play, header: str) -> None:
    limited = failed(429, "slow", Retry_After=header, Date="Mon, 05 Oct 2026 10:00:00 GMT")

    async def story() -> None:
        with serving(limited, DOG) as stub:
            async with running(stub, restarts=0) as (chat, _):
                begun = asyncio.get_running_loop().time()
                assert await chat.label([WOOF], SECONDS) == labels(1)
                waited = asyncio.get_running_loop().time() - begun
                assert waited >= (0.0 if header == "0" else 1.0)

    play(story())


def test_what_has_no_answer_in_time_abstains_and_the_rest_counts(play: Play) -> None:
    async def story() -> None:
        with serving(DOG, DOG._replace(hold=True)) as stub:
            async with running(stub, limit=0.3) as (chat, _):
                assert await chat.label([WOOF] * 3, SECONDS) == labels(1, None, None)
                assert chat.report() == "1 timeout"

    play(story())


GIVEN_UP = [
    (failed(500, "no\nmemory"), 1, "failed 2 times.*at last it answered 500 no\ufffdmemory"),
    (failed(401, "bad key sk-1234!"), 1, r"refuses the key \(401 bad key \*\*\*!\)\. Set the var"),
    (failed(404, "no model barker"), 1, r"no such model.*\(404 no model barker\)"),
    (Said("", 308, (("Location", "http://x/"),)), 1, r"has moved to http://x/ \(--openai\)"),
    (DOG._replace(hold=True), 2, "failed 2 times.*gave no answer within 0.3 s"),
    (failed(413, "too long"), 2, r"failed 2 times.*refused a record \(413 too long\)"),
    (failed(429, "x", Retry_After="3600"), 2, "failed 2 times.*gave no answer within 0.3 s"),
]


@pytest.mark.parametrize(("said", "tasks", "words"), GIVEN_UP)
def test_a_server_that_goes_on_failing_is_given_up(
    play: Play, said: Said, tasks: int, words: str
) -> None:
    async def story() -> None:
        with serving(said) as stub:
            async with running(stub, limit=0.3, restarts=1, key="sk-1234") as (chat, _):
                for _ in range(tasks - 1):
                    assert await chat.label([WOOF], SECONDS) == labels(None)
                with pytest.raises(EnvironmentFaultError, match=words) as error:
                    await chat.label([WOOF], SECONDS)
        assert "\n" not in str(error.value)

    play(story())


@pytest.mark.parametrize(
    ("models", "words"),
    [(failed(403, "no"), r"refuses the key \(403 no\)"), (failed(500, "no"), "answered 500 no")],
)
def test_a_server_that_refuses_us_is_found_out_before_the_first_task(
    play: Play, models: Said, words: str
) -> None:
    async def story() -> None:
        with serving(DOG, models=models) as stub, pytest.raises(EnvironmentFaultError, match=words):
            await model(stub).run(WORK, lambda identity: None)

    play(story())


def test_a_server_that_cannot_list_its_models_is_used(play: Play) -> None:
    async def story() -> None:
        with serving(DOG, models=failed(404)) as stub:
            async with running(stub) as (chat, _):
                assert await chat.label([WOOF], SECONDS) == labels(1)

    play(story())


def test_a_server_that_is_not_there_is_given_up(play: Play) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = server_at(f"http://127.0.0.1:{port}", key="", allow_remote=False)
    chat = ChatModel(server, "barker", timeout=1, restarts=1, pause=0.01)

    async def story() -> None:
        with pytest.raises(EnvironmentFaultError, match=r"be reached \(Connection refused\)"):
            await chat.run(WORK, lambda identity: None)

    play(story())


def test_a_withdrawn_task_breaks_its_request_off(play: Play) -> None:
    """Else the end of the program would wait for a reply that nobody needs."""

    async def story() -> None:
        with serving(DOG._replace(hold=True), DOG) as stub:
            async with running(stub) as (chat, _):
                asking = asyncio.create_task(chat.label([WOOF], SECONDS))
                async with asyncio.timeout(SECONDS):
                    while not stub.questions:  # noqa: ASYNC110  # set in a thread
                        await asyncio.sleep(0.01)
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
                await asyncio.get_running_loop().shutdown_default_executor()
                assert not stub.over.is_set()

    play(story())


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        ("http://localhost:11434/v1/", "http://localhost:11434/v1"),
        ("http://[::1]:8000/api/v1/chat/completions", "http://[::1]:8000/api/v1"),
        (" http://127.8.8.8", "http://127.8.8.8:80/v1"),
    ],
)
def test_the_url_may_be_given_in_several_ways(given: str, url: str) -> None:
    assert server_at(given, key="", allow_remote=False).url == url


@pytest.mark.parametrize(
    ("url", "key", "words"),
    [
        ("127.0.0.1:8080", "", "is not a URL"),
        ("ftp://127.0.0.1/", "", "is not a URL"),
        ("http://127.0.0.1:99999/", "", "is not a URL"),
        ("http://[::1", "", "is not a URL"),
        ("http://me:secret@127.0.0.1/", "", "may hold no password"),
        ("http://127.0.0.1/v1?key=secret", "", "may hold no password, query"),
        ("http://127.0.0.1/\u00fc", "", "is not ASCII"),
        ("http://127.0.0.1/", "sk \u00fc", "characters that no key has"),
        ("http://gpu.lab:8000/", "", "gpu.lab is another machine.*Add --allow-remote"),
        ("http://127.0.0.1.evil.com/", "", "another machine"),
        ("http://localhost.evil.com/", "", "another machine"),
        ("http://0.0.0.0:8000/", "", "another machine"),
    ],
)
def test_a_url_that_cannot_or_may_not_be_used_is_refused(url: str, key: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as error:
        server_at(url, key=key, allow_remote=False)
    assert "secret" not in str(error.value)


def test_a_key_goes_to_another_machine_only_encrypted() -> None:
    with pytest.raises(InputError, match=r"unencrypted.*Use https"):
        server_at("http://gpu.lab:8000/", key="sk-1234", allow_remote=True)
    server = server_at("https://gpu.lab/", key="sk-1234", allow_remote=True)
    assert (server.url, server.loopback) == ("https://gpu.lab:443/v1", False)


def test_a_prompt_of_ones_own_keeps_its_other_braces() -> None:
    work = Work(("{instructions}", "b"), "Say {classes}")
    assert prompt_for(work, '{"one of": "{classes}"} {instructions}') == (
        '{"one of": "{instructions}\nb"} Say {classes}'
    )
