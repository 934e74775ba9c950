# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is full, in a test and at its end. Left out, and said so, where none may be mounted."""
import time

from station import Daemon, SmallDisk, check, main, same, scenario, wait_for
from way import EMPTY, by_device, chosen, lead_to


def notices(daemon, state):
    """That the disk is full; what still fits into the log that is there may end a test before."""
    now = daemon.state()
    if now["store"]["state"] == "ok":
        return state == "zeroing_after" and now["test"] is None
    check(str(daemon.store) in (now["store"]["problem"] or ""), now["store"])
    return True


@scenario("the disk is full at each state: said, nothing lost, and recording goes on with room")
def at_each_state(folder):
    with SmallDisk(folder) as disk:
        for device, states in by_device(chosen(1)):
            store = disk.path / "store.db"
            with Daemon(folder, device + "&rate=200", unattended=False, store=store) as daemon:
                for state in states:
                    test = daemon.start(athlete="A-17")
                    lead_to(daemon, test, state)
                    disk.fill()
                    wait_for(lambda: notices(daemon, state), f"a full disk in {state}")
                    disk.make_room()
                    wait_for(lambda: daemon.state()["store"]["state"] == "ok", "room again")
                    daemon.command(test, "abort", status=None)
                    daemon.result(test)
                    daemon.keeps(test)


@scenario("the disk is full when a test ends: it waits, refuses the next one, loses nothing")
def at_the_end(folder):
    with SmallDisk(folder) as disk:
        device = EMPTY + "&rate=200"
        with Daemon(folder, device, unattended=False, store=disk.path / "store.db") as daemon:
            test = daemon.start(athlete="A-17")
            lead_to(daemon, test, "wait")
            disk.fill()
            wait_for(lambda: daemon.state()["store"]["state"] == "retrying", "a full disk")
            daemon.command(test, "abort")
            time.sleep(0.5)
            check(daemon.state()["test"] is not None, "it ended without a disk")
            status, answer = daemon.ask("POST", "tests", {"protocol": "nordic"})
            check(status in (409, 503), "another test on a full disk:", status, answer)
            disk.make_room()
            daemon.result(test)
            daemon.keeps(test)
            disk.fill()
            status, answer = daemon.ask("POST", "tests", {"protocol": "nordic"})
            same((status, answer["error"]), (503, "store"), "a test on a full disk")
            disk.make_room()
            daemon.result(daemon.start("nordic", duration_s=0.5))


if __name__ == "__main__":
    main()
