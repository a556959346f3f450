"""An identity provider, a service that people sign in to with it, and a browser."""

from collections.abc import Iterator

import pytest
from tests.interface.sign_in.browser import Browser
from tests.interface.sign_in.front_door import FrontDoor, front_door
from tests.interface.sign_in.identity_provider import IdentityProvider, at_work
from tests.interface.sign_in.steps import PAGE


@pytest.fixture(scope="module")
def shared_provider() -> Iterator[IdentityProvider]:
    with at_work() as working:
        yield working


@pytest.fixture
def provider(shared_provider: IdentityProvider) -> IdentityProvider:
    """As it should be, until the test changes that."""
    shared_provider.behave()
    return shared_provider


@pytest.fixture(scope="module")
def door(shared_provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with front_door(tmp_path_factory.mktemp("door") / "data", **shared_provider.settings(PAGE)) as opened:
        yield opened


@pytest.fixture
def browser(door: FrontDoor, provider: IdentityProvider) -> Browser:
    del provider  # it is to behave
    return door.browser()
