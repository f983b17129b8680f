import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that the examples of a property share: each writes its file anew."""
    return tmp_path_factory.mktemp("files")
