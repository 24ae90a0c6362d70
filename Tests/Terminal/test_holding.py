"""Holding, answering, editing and rules on the screen, with the demo's peers on both sides."""

from test_screen import Home, left


def test_a_held_verdict_is_answered_in_other_words():
    with Home() as home, home.run("demo", "--speed", "5", size=(120, 36)) as t:
        t.wait(r"MAIL +<")
        t.key("i")
        t.send("verdict and stage == bodyeob")
        t.wait("would have matched")
        t.key("Enter")
        t.wait(r"3 Held \d")
        t.key("3")
        t.wait(r"waiting .*held by")
        t.wait("your hold")
        t.key("v")
        t.wait("Answer to BODYEOB")
        t.key("o")
        t.send('not today"')
        t.key("Enter")
        t.wait(r'reply 550 5.7.1 "not today"')
        t.key("1")
        t.wait(r"550 5.7.1 not today|EDITED")
        t.key("5")
        t.wait(r"on +\d+ verdict and stage == bodyeob +hold")
        t.key("Q")
        t.until(lambda: t.is_closed or "Quit and end" in t.text(), "neither a question nor the end")
        if not t.is_closed:
            t.key("y")
        left(t)


def test_a_held_command_is_edited_and_stepped():
    with Home() as home, home.run("demo", "--speed", "5", "-c", "on rcpt do hold", size=(80, 24)) as t:
        t.wait(r"3 Held 1|3 1")
        t.key("3")
        t.wait("RCPT")
        t.key("e")
        t.wait("edit packet")
        t.key("C-u")
        t.send("<other@example.org>")
        t.wait("leaves as.*<other@example.org>")
        t.key("Enter")
        t.wait("As it would leave now")
        t.key("s")
        t.wait(r"packet \d+: step")  # the outcome, which would take the place of what I says
        t.wait(r"\d+ +(?:no deadline|client \w+) +\w+ c1.1 +← RCPT +continue +the operator")
        t.key("I")
        t.wait("rules and holds are off")
        t.key("A")
        t.wait("held packet")
        t.key("y")
        t.wait("Nothing held")
        t.key("Q")
        t.until(lambda: t.is_closed or "Quit and end" in t.text(), "neither a question nor the end")
        if not t.is_closed:
            t.key("y")
        left(t)


def test_packets_are_held_from_the_command_line():
    with Home() as home, home.run("demo", "--speed", "5", "--hold", "rcpt", size=(80, 24)) as t:
        t.wait(r"3 Held \d|3 \d")
        t.key("3")
        t.wait("RCPT")
        t.key("5")
        t.wait(r"on +\d+ rcpt +hold")
        t.key("Q")
        t.wait("release all and quit")
        t.key("y")
        left(t)


def test_rules_of_the_config_file_hold_and_a_missing_file_changes_nothing():
    with Home() as home:
        with open(home.file("mitmilter", "config"), "w") as config:
            config.write("# stop at each recipient\non rcpt named breakpoint do hold\nbind F5 reject\n")
        with home.run("demo", "--speed", "5", size=(120, 36)) as t:
            t.wait("3 Held 1")
            t.key("5")
            t.wait("breakpoint|on rcpt")
            t.key(":")
            t.send("on bodyeob do replace-body @/nowhere/at-all")
            t.key("Enter")
            t.wait("cannot open '/nowhere/at-all': no such file")
            assert "5 Rules 1" in t.text()
            t.key("3", ":")
            t.send("replace-body @/nowhere/at-all")
            t.key("Enter")
            t.wait("cannot open '/nowhere/at-all': no such file")
            t.wait(r"RCPT .*rule breakpoint")
            t.key("F5")
            t.wait(r"packet \d+: reject")
            t.key("Q")
            t.until(lambda: t.is_closed or "Quit and end" in t.text(), "neither a question nor the end")
            if not t.is_closed:
                t.key("y")
            left(t)
