/// A milter that cannot be connected to: the text of the error decides.
extension Reading {
  var connecting: Told {
    let socket = socket ?? MilterSocket("")
    let error = value("error") ?? ""
    switch ErrorText(error, isRead: false) {
    case .refused where socket.path != nil:
      return told(
        socket,
        ["the milter is gone and left its socket file behind", "the path is a plain file, no socket"],
        check: "\(socket.whoListens); ls -l \(socket.path ?? "")",
        write: "restart the milter; it makes the socket anew",
        more: "Nobody listens at that socket.")
    case .refused:
      return told(
        socket,
        [
          "the milter does not run", "it listens on another port, or on a unix socket",
          "it listens on 127.0.0.1 alone, and \(socket.host ?? "the name") is ::1 or another address first",
        ], check: socket.whoListens,
        write: "start the milter; or \(line(socket)) with the port that it listens on",
        more: "Nobody listens there.")
    case .missing: return missing(socket)
    case .forbidden:
      return told(
        socket,
        [
          "the socket belongs to the milter's user and group, and \(user) is not in that group",
          "a folder above it may not be searched by \(user)", "SELinux or AppArmor forbids it",
        ],
        check:
          "namei -l \(socket.path ?? "PATH"); sudo -u \(user) test -w \(socket.path ?? "PATH") && echo may",
        write: "usermod -a -G MILTERGROUP \(user); in the milter UMask 002 (mode 0660); then restart both",
        more: "The MTA's user may not use the socket.")
    case .busy:
      return told(
        socket, ["the milter takes connections slower than they come: its listen queue is full"],
        check: "ss -lxn | grep \(socket.path ?? "PATH") (Recv-Q against Send-Q)",
        write:
          "more threads or processes for the milter, or fewer at a time: main.cf: smtpd_client_connection_count_limit",
        more: "The milter's queue of connections is full; nothing is wrong with the address.")
    case .silent, .unreachable:
      return told(
        socket, ["a firewall drops the packets", "the host is down, or the address is another's"],
        check: "nc -vz \(socket.host ?? "HOST") \(socket.port.map(String.init) ?? "PORT") from this machine",
        write: "open the port in the firewall, or \(line(socket)) with the right host",
        more: "The host does not answer.")
    case .notAFolder:
      return told(
        socket, ["a part of the path is a file where a folder should be"],
        check: "namei -l \(socket.path ?? "PATH")",
        write: line(socket) + " with the right path")
    case .invalid:
      return told(
        socket,
        [
          "Sendmail 8.17 cannot do with a number in brackets (inet:9901@[127.0.0.1]); this is its fault, not yours"
        ],
        check: "grep -n '^X' /etc/mail/sendmail.cf",
        write: "sendmail.mc: S=inet:PORT@127.0.0.1, without brackets")
    case .reset:
      return told(
        socket,
        ["the SMTP client broke its own connection: the name in this line is the client's, not the filter's"],
        check: "the lines of the same process about its client", write: "nothing, where it is rare",
        more: "In this line Sendmail names its SMTP client.")
    case .noAddress: return unresolved(socket)
    case .ended, .other:
      return told(
        socket, ["the system says: \(error)"], check: socket.whoListens,
        write: line(socket) + " with the address of the milter")
    }
  }

  /// Whose user connects.
  private var user: String { isPostfix ? "postfix" : "smmsp" }

  /// The line for this MTA with the address as it is.
  private func line(_ socket: MilterSocket) -> String { isPostfix ? socket.mainCF() : socket.sendmailMC() }

  private func missing(_ socket: MilterSocket) -> Told {
    let path = socket.path ?? "PATH"
    guard isPostfix else {
      return told(
        socket, ["the milter does not run, or makes its socket elsewhere"], check: "ss -lxp; ls -l \(path)",
        write: "start the milter with -p unix:\(path)", more: "There is no such socket.")
    }
    let inQueue =
      path.hasPrefix("/var/spool/postfix")
      ? path : "/var/spool/postfix" + (path.hasPrefix("/") ? "" : "/") + path
    return told(
      socket,
      [
        "smtpd runs in a chroot (fifth column of master.cf): it looks for \(inQueue)",
        "the milter does not run, or makes its socket elsewhere",
        "smtpd and cleanup have different chroots: the path is right in one of them alone",
      ], check: "ls -l \(path) \(inQueue); postconf -M smtp/inet",
      write: "the milter's socket at \(inQueue), and main.cf: smtpd_milters = unix:\(Self.belowQueue(path))",
      more: "There is no such socket where Postfix looks.")
  }

  /// The path as Postfix looks it up in its queue folder, chroot or not.
  private static func belowQueue(_ path: String) -> String {
    var path = path[...]
    if path.hasPrefix("/var/spool/postfix/") { path = path.dropFirst("/var/spool/postfix".count) }
    return String(path.drop { $0 == "/" })
  }

  private func unresolved(_ socket: MilterSocket) -> Told {
    told(
      socket,
      [
        "the name or the port does not resolve (the error text is misleading)",
        "smtpd runs in a chroot without etc/hosts, etc/services or etc/resolv.conf",
        "it is an IPv6 address, and inet_protocols = ipv4",
      ], check: "getent ahosts \(socket.host ?? "HOST"); postconf inet_protocols; postconf -M smtp/inet",
      write:
        "main.cf: smtpd_milters = inet:127.0.0.1:\(socket.port.map(String.init) ?? "PORT") (numbers need no look-up)",
      more: "There is no address to connect to.")
  }

  private func told(
    _ socket: MilterSocket, _ causes: [String], check: String, write: String, more: String? = nil
  ) -> Told {
    var causes = causes
    if let port = socket.port, port > 65_535 {
      causes.insert("a port ends at 65535; \(port) is taken as \(port % 65_536)", at: 0)
    }
    return Told(Counsel(causes, check: check, write: write), more: more)
  }
}
