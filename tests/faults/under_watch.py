"""`python -m tests.faults.under_watch <descriptor> <program> <argument>...`: the program, waiting for verdicts."""

import os
import socket
import sys

from tests.faults.system_calls import wait_for_verdicts

if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as judge:
        wait_for_verdicts(judge)
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - that is what it is for
