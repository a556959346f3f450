"""A disk that is full, read-only or failing: commands say so, questions are answered, and it goes on by itself."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from tests.conftest import Store
from tests.faults.commanding import refused
from tests.faults.faulty_disk import FaultyDisk, SmallDisk, failing_from
from tests.faults.forked import calls_of, judged, let_run, new_folders
from tests.faults.ledger import Ledger
from tests.faults.starting import Starting, Trying
from tests.faults.system_calls import is_possible
from tests.races.guests import Door, Guest, codes, is_ready, reached, slot, statuses, together, troubles
from tests.races.serving import Server, Service

NOBODY = 65534
pytestmark = pytest.mark.anyio
watched = pytest.mark.skipif(not is_possible(), reason="this system does not let a process watch another one's calls")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Nobody serves it yet."""
    made = Service(Store(tmp_path / "data", None))
    yield made
    made.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    try:
        disk = SmallDisk(tmp_path / "small", megabytes=8)
    except OSError as error:
        pytest.skip(f"a small file system can only be mounted by root where that is allowed: {error}")
    yield disk
    disk.close()


class Scene(NamedTuple):
    """A hospital, its guests, and a booking that alice was told of."""

    server: Server
    hospital: str
    people: list[Guest]
    booked: httpx.Response

    @property
    def alice(self) -> Guest:
        return self.people[0]

    async def commands(self) -> list[httpx.Response]:
        """What changes something: nothing of it may be stored when it is refused."""
        return await together(
            [
                *(person.book(self.hospital, slot(1)) for person in self.people),
                self.alice.post(f"/v1/bookings/{self.booked.json()['id']}/cancel"),
            ]
        )

    async def questions(self) -> list[httpx.Response]:
        """What changes nothing, also by those who name the position of what they were told."""
        day, position = slot()[:10], self.booked.headers["Daybook-Position"]
        paths = [
            f"/v1/bookings/{self.booked.json()['id']}",
            "/v1/bookings",
            f"/v1/bookings/{self.booked.json()['id']}/events",
            f"/v1/resources/{self.hospital}/availability?from={day}&to={day}",
            f"/v1/availability?start={slot()}&end={slot(1)}",
        ]
        return await together(
            [
                *(self.alice.get(path) for path in paths),
                *(self.alice.get(path, Daybook_Position=position) for path in paths),
                self.alice.get("/health/live"),
            ]
        )


async def open_scene(server: Server, door: Door) -> Scene:
    hospital = await door.register(server, capacity=100)
    people = await door.crowd([server], 4)
    booked = await people[0].book(hospital, slot())
    assert booked.status_code == 201
    path, position = f"/v1/bookings/{booked.json()['id']}", booked.headers["Daybook-Position"]
    assert (await people[0].get(path, Daybook_Position=position)).json() == booked.json()
    scene = Scene(server, hospital, people, booked)
    assert statuses(await scene.questions()) == {200: 11}
    return scene


async def see_through(
    scene: Scene, service: Service, door: Door, fault: Callable[[], None], end: Callable[[], None]
) -> None:
    """Refused while it lasts with nothing stored, told by readiness, and over when it is over."""
    before = service.rows()
    fault()
    for _ in range(2):
        refused = await scene.commands()
        assert codes(refused) == {"store-unavailable": 5}
        assert statuses(refused) == {503: 5}
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
        assert statuses(await scene.questions()) == {200: 11}
    said = await reached(lambda: troubles(door, scene.server))
    assert any("store cannot be written" in trouble or "append failed" in trouble for trouble in said), said
    assert service.rows() == before
    end()
    *booked, cancelled = await scene.commands()
    assert statuses(booked) == {201: 4}
    position = cancelled.headers["Daybook-Position"]
    found = await scene.alice.get(f"/v1/bookings/{scene.booked.json()['id']}", Daybook_Position=position)
    assert found.json()["status"] == "cancelled"
    await reached(lambda: is_ready(door, scene.server))
    assert service.recount().oversold == []
    assert service.store.folder is not None
    Ledger(service.store.folder)
    assert "Traceback" not in scene.server.said
    assert "ERROR" not in scene.server.said


@watched
@pytest.mark.parametrize("fault", ["full", "read-only", "failing to write", "failing to sync"])
async def test_while_the_disk_is(service: Service, door: Door, fault: str) -> None:
    disk = FaultyDisk(service)
    scene = await open_scene(disk.server, door)
    await see_through(scene, service, door, lambda: disk.be(fault), disk.heal)
    assert disk.server.terminate() == 0


@pytest.mark.slow
async def test_a_small_disk_that_bookings_fill_loses_none_of_them(
    small_disk: SmallDisk, door: Door, tmp_path: Path
) -> None:
    service = Service(Store(small_disk.folder / "data", None))
    try:
        scene = await open_scene(service.start(), door)
        small_disk.fill(leave=2_500_000)
        told = {scene.booked.json()["id"]}
        for number in range(2_000):
            answers = await together(person.book(scene.hospital, slot(number % 40)) for person in scene.people)
            told |= {answer.json()["id"] for answer in answers if answer.status_code == 201}
            if statuses(answers)[201] < len(answers):
                break
        assert codes(answers).keys() <= {"ok", "store-unavailable"}
        assert len(told) > 10
        small_disk.fill()
        await see_through(scene, service, door, lambda: None, small_disk.make_room)
        assert told <= {*service.booked()}
        scene.server.kill()
        again = service.start()
        assert told <= {*service.booked()}
        assert (await scene.alice.at(again).book(scene.hospital, slot(41))).status_code == 201
        assert again.terminate() == 0
    finally:
        service.stop()


@pytest.mark.slow
@watched
async def test_with_room_for_the_log_alone_bookings_go_on_and_are_read_once_there_is_room(
    service: Service, door: Door
) -> None:
    disk = FaultyDisk(service)
    scene = await open_scene(disk.server, door)
    disk.be("full for read models")
    answers = await together(person.book(scene.hospital, slot(1)) for person in scene.people)
    assert statuses(answers) == {201: 4}
    assert statuses(await scene.questions()) == {200: 11}
    mine = answers[0]
    path, position = f"/v1/bookings/{mine.json()['id']}", mine.headers["Daybook-Position"]
    assert codes([await scene.alice.get(path, Daybook_Position=position)]) == {"behind": 1}
    assert any("read models stand still" in trouble for trouble in await reached(lambda: troubles(door, disk.server)))
    disk.heal()

    async def is_read() -> bool:
        return (await scene.alice.get(path, Daybook_Position=position)).is_success

    await reached(is_read)
    assert (await scene.alice.get(path)).json() == mine.json()
    await reached(lambda: is_ready(door, disk.server))
    assert "Traceback" not in disk.server.said.replace("read models stand still", "")


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "used"])
@pytest.mark.parametrize("disk_is", ["full", "read-only"])
def test_a_start_on_a_disk_that_is(small_disk: SmallDisk, tmp_path: Path, disk_is: str, is_new: bool) -> None:
    folder = small_disk.folder / "data"
    if not is_new:
        assert let_run(Starting(folder, with_demo=True))[1] == 0
    if disk_is == "full":
        small_disk.fill()
    else:
        small_disk.remount("ro")
    said = refused(folder, tmp_path / "said")
    assert str(folder) in said
    if disk_is == "full":
        assert said.endswith("(No space left on device). Make room on its disk.")
        small_disk.make_room()
    else:
        assert said.endswith(
            "(Read-only file system). Let its file system be written, or set DAYBOOK_DATA to another folder."
        )
        small_disk.remount("rw")
    assert let_run(Starting(folder, with_demo=True))[1] == 0


@pytest.mark.slow
@watched
@pytest.mark.parametrize("fault", ["full", "read-only", "failing to sync"])
def test_a_start_during_which_the_disk_gets(tmp_path: Path, fault: str) -> None:
    """Whatever the call from which on all fail: it starts, or says why not, and starts once the disk is well."""
    fresh = new_folders(tmp_path)
    sentences: set[str] = set()
    for number in range(1, len(calls_of(Trying(next(fresh)), tmp_path)), 2):
        work = Trying(next(fresh))
        (said,) = judged(work, tmp_path, failing_from(number, fault))
        sentences.add(said.replace(str(work.folder), "FOLDER"))
        assert let_run(Starting(work.folder))[1] == 0, (number, said)
    assert len(sentences) > 2
    assert all(sentence == "started" or sentence.endswith(".") for sentence in sentences), sentences


def test_a_start_on_a_folder_that_this_user_may_not_write(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert let_run(Starting(folder))[1] == 0
    folder.chmod(0o500)
    try:
        said = refused(folder, tmp_path / "said", user=NOBODY if os.getuid() == 0 else None)
    finally:
        folder.chmod(0o700)
    assert "Permission denied" in said
    assert said.endswith("Set DAYBOOK_DATA to a folder that this user may write.")
