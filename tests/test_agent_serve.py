"""The page as a command serves it: one line with the address, and an end by Ctrl-C that is no failure."""

import signal
import subprocess
import sys

from tests.helpers_chat import free_port


def test_ctrl_c_ends_the_page_quietly() -> None:
    port = free_port()
    script = (
        "from agent.interfaces.page import serve; from tests.helpers_page import FakeAgent, small_domain; "
        f"serve(FakeAgent(small_domain()), None, '127.0.0.1', {port})"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stderr is not None
        assert run.stderr.readline() == f"Palate is at http://127.0.0.1:{port}/ (Ctrl-C ends it)\n"
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=20)
    assert (run.returncode, out, err.strip()) == (0, "", "")
