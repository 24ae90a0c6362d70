/// What several texts have in common.
extension Advice {
  static let postfixSpelling = Advice.told(
    Counsel(
      [
        "the address is spelled as libmilter or Sendmail do (inet:8891@localhost); Postfix has the host first"
      ],
      check: "postconf -x smtpd_milters non_smtpd_milters; postconf -P | grep milters",
      write: "main.cf: smtpd_milters = inet:127.0.0.1:8891 (or unix:/path), then postfix reload"))

  static let sendmailSpelling = Advice.told(
    Counsel(
      [
        "the address is spelled as Postfix does (inet:localhost:8891); Sendmail and libmilter have the port first"
      ],
      check: "grep -n '^X' /etc/mail/sendmail.cf",
      write: "sendmail.mc: INPUT_MAIL_FILTER(`NAME', `S=inet:8891@127.0.0.1, F=T')dnl"))

  static let postfixProtocol = Advice.told(
    Counsel(
      ["milter_protocol in main.cf is not the number that the milter speaks (6 for all of today's)"],
      check: "postconf milter_protocol; postconf -P | grep milter_protocol",
      write: "main.cf: milter_protocol = 6"))

  static let macroDefaults = Advice.told(
    Counsel(
      ["milter_macro_defaults is not a list of name=value"],
      check: "postconf milter_macro_defaults",
      write: "main.cf: milter_macro_defaults = name=value, other=value"))

  static let postfixGroup = Advice.told(
    Counsel(
      ["an entry in braces of smtpd_milters or non_smtpd_milters is not { ADDRESS, name=value, … }"],
      check: "postconf smtpd_milters non_smtpd_milters; postconf -P | grep milters",
      write: "main.cf: smtpd_milters = { inet:127.0.0.1:8891, connect_timeout=10s, default_action=accept }"))

  static let postfixName = Advice.told(
    Counsel(
      [
        "the name is not in DNS or /etc/hosts",
        "smtpd runs in a chroot without etc/hosts, etc/services or etc/resolv.conf",
        "the address is of a family that inet_protocols leaves out",
      ],
      check: "postconf -M smtp/inet (fifth column: chroot); postconf inet_protocols",
      write: "main.cf: smtpd_milters = inet:127.0.0.1:8891 (numbers need no look-up)"))

  static let handOver = Advice.told(
    Counsel(
      ["the other Postfix process ended meanwhile (reload, crash, limit reached)"],
      check: "the lines of smtpd, cleanup and master at that second",
      write: "nothing, where it happens once at a reload; else follow the warning of the other process"))

  static let queueFile = Advice.told(
    Counsel(
      ["the disk of the queue is full, or broken", "message_size_limit is smaller than the mail has become"],
      check: "df -h /var/spool/postfix; postconf message_size_limit",
      write: "make room, or main.cf: message_size_limit = 30720000"))

  static let headerChecks = Advice.told(
    Counsel(
      [
        "a line of the table of milter_header_checks has an action that does not work there, or is misspelled"
      ],
      check: "postconf milter_header_checks, and the line of that file; header_checks(5)",
      write: "the action in the file of milter_header_checks, as the message asks for it"))

  static let envelopeArguments = Advice.told(
    Counsel(
      ["the milter gives an address or an ESMTP parameter that Postfix does not take"],
      check: "the packet in a trace: mitmilter proxy … -w FILE, then show -v",
      write:
        "in the milter: one address a call in angle brackets; of parameters NOTIFY= and ORCPT= (recipient), RET= and ENVID= (sender)"
    ))

  static let localSubmission = Advice.told(
    Counsel(
      ["a milter of non_smtpd_milters refuses a recipient of mail that did not come by SMTP"],
      check: "postqueue -p and ls /var/spool/postfix/maildrop: the mail is tried again every minute",
      write: "main.cf: non_smtpd_milters = (leave that milter out), or let the milter accept local mail"))

  static let mtaBug = Advice.told(
    Counsel(
      ["a bug in the MTA, or a build with parts of two versions"],
      check: "the version (postconf mail_version, sendmail -d0.1), and the lines before",
      write: "nothing in the configuration; report it with the lines before"))

  static let mtaFile = Advice.told(
    Counsel(
      ["the disk with the queue is full, or broken"], check: "df -h /var/spool/mqueue; dmesg | tail",
      write: "make room; nothing is wrong with the milter"))

  static let sendmailTimeout = Advice.told(
    Counsel(
      [
        "the milter is slow: DNS, a scanner, a database behind it", "it has no free thread or process",
        "what listens there does not speak milter and waits for more",
      ],
      check: "time of each stage: mitmilter proxy … then Stats; the milter's own log",
      write:
        "sendmail.mc: INPUT_MAIL_FILTER(`NAME', `S=…, F=T, T=S:1m;R:1m;E:5m')dnl (semicolons, not commas)"))

  static let sendmailClosed = Advice.told(
    Counsel(
      [
        "the milter crashed or was restarted", "it closed: limit of its own, a callback that failed",
        "what listens there does not speak milter",
      ],
      check: "the milter's log and core files at that second; ss -ltnp for who listens",
      write: "restart the milter; INPUT_MAIL_FILTER with F=T makes mail wait meanwhile"))

  static let sendmailEquates = Advice.told(
    Counsel(
      ["the X line is not S=…, F=…, T=…: often commas within T= in place of semicolons"],
      check: "grep -n '^X' /etc/mail/sendmail.cf",
      write:
        "sendmail.mc: INPUT_MAIL_FILTER(`NAME', `S=inet:8891@127.0.0.1, F=T, T=C:1m;S:30s;R:30s;E:5m')dnl"))

  static let sendmailList = Advice.told(
    Counsel(
      ["InputMailFilters names a filter that no X line defines, or one is defined twice"],
      check: "grep -n -e '^X' -e InputMailFilters /etc/mail/sendmail.cf",
      write: "sendmail.mc: INPUT_MAIL_FILTER(…) for each name in confINPUT_MAIL_FILTERS, once"))

  static let sendmailOption = Advice.told(
    Counsel(
      ["an option Milter.… of sendmail.cf is unknown or too long"],
      check: "grep -n 'O Milter' /etc/mail/sendmail.cf",
      write: "sendmail.mc: define(`confMILTER_MACROS_CONNECT', `j, _, {daemon_name}')dnl, at most 50 names"))

  static let sendmailSocketFile = Advice.told(
    Counsel(
      [
        "the socket does not exist: the milter does not run, or makes it elsewhere",
        "a folder above it is writable by others or not root's (Sendmail calls that unsafe)",
        "it is no socket, or belongs to a user that Sendmail does not trust",
      ],
      check: "namei -l PATH; ss -lxp | grep PATH",
      write:
        "start the milter with -p unix:PATH in a folder of root's with mode 755, or take S=inet:8891@127.0.0.1"
    ))

  static let sendmailName = Advice.told(
    Counsel(
      ["the host is not in DNS or /etc/hosts, or the port is no number and not in /etc/services"],
      check: "getent hosts NAME; getent services PORT",
      write: "sendmail.mc: INPUT_MAIL_FILTER(`NAME', `S=inet:8891@127.0.0.1, F=T')dnl"))

  static let pathTooLong = Advice.told(
    Counsel(
      ["the path of a unix socket may have 107 bytes at most"], check: "count the path's letters",
      write: "a shorter path, at the milter and at the MTA alike"))

  static let build = Advice.told(
    Counsel(
      ["this build lacks the kind of socket that is asked for"], check: "sendmail -d0.1 -bt < /dev/null",
      write: "S=inet:8891@127.0.0.1, or a build with the other sockets"))

  static let descriptors = Advice.told(
    Counsel(
      ["too many files are open: connections that are never closed, or a low limit"],
      check: "ls /proc/PID/fd | wc -l; grep 'open files' /proc/PID/limits",
      write: "systemd unit: LimitNOFILE=65536; and look for what is not closed"))

  static let threads = Advice.told(
    Counsel(
      ["a limit of threads, processes or memory is reached"],
      check: "grep -e Threads -e VmSize /proc/PID/status; systemctl show -p TasksMax UNIT",
      write: "systemd unit: TasksMax=infinity, MemoryMax=…; or fewer connections at a time"))

  static let bind = Advice.told(
    Counsel(
      [
        "the milter runs already, or another program has that address",
        "the folder of the socket is missing, or not writable for the milter's user",
        "a plain file or another user's socket is in the way (said as address in use, too)",
      ],
      check: "ss -lxp and ss -ltnp for who listens; namei -l PATH",
      write: "stop the other one, or mkdir -p the folder and chown it to the milter's user"))

  static let milterAddress = Advice.told(
    Counsel(
      [
        "the milter's own address is spelled as Postfix does (inet:localhost:8891): libmilter has the port first"
      ],
      check: "the -p option or the Socket line of the milter's configuration",
      write: "Socket inet:8891@127.0.0.1 (or unix:/path)"))

  static let milterSetUp = Advice.told(
    Counsel(
      ["the milter was built against another libmilter, or calls it in the wrong order"],
      check: "ldd of the milter's program; the version of the libmilter package",
      write: "the package of the milter that belongs to this libmilter"))

  static let milterStuck = Advice.told(
    Counsel(
      ["a callback of the milter hangs (DNS, a scanner, a lock), and it stops itself"],
      check: "the stage before that in a trace; gdb -p PID while it hangs",
      write: "a time limit in the milter for what it asks others"))

  static let strangeMTA = Advice.told(
    Counsel(
      ["what connected is no MTA, or one that is broken (a monitor, a port scan, a test client)"],
      check: "who connects: ss -tnp, or mitmilter proxy in between",
      write:
        "nothing, where it is a monitor; let that check speak milter or only look whether the port is open"))

  static let clientGone = Advice.told(
    Counsel(
      ["the MTA closed hard: its client left, its time was over, it was restarted"],
      check: "the MTA's line about this milter at the same second",
      write: "nothing, where it is rare; else make the milter answer sooner than the MTA's timeout"))

  static let actionsRefused = Advice.told(
    Counsel(
      [
        "milter_protocol is too low: the MTA offers less than the milter needs",
        "the MTA is older than the milter",
      ],
      check: "postconf milter_protocol mail_version",
      write: "main.cf: milter_protocol = 6, then postfix reload"))
}
