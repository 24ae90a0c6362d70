/// A reply that did not come: the text of the error and the stage decide.
extension Reading {
  var reading: Told {
    let socket = socket ?? MilterSocket("")
    if let short = shortRead(socket) { return short }
    guard let error = value("error") ?? (match.fit == .cut ? nil : "") else { return cut(socket) }
    switch ErrorText(error, isRead: true) {
    case .silent: return silent(socket)
    case .reset:
      return Told(
        Counsel(
          [
            "the milter was killed or crashed with something unread",
            "it ended the connection hard (a limit of its own)",
          ],
          check: "journalctl of the milter's unit at that second; coredumpctl", write: restart),
        more: "The milter broke the connection off.")
    case .ended, .refused, .missing, .forbidden, .busy, .noAddress, .notAFolder, .unreachable, .invalid,
      .other:
      let closed =
        error.isEmpty
        ? "The milter closed the connection."
        : "The milter closed: \u{201C}\(error)\u{201D} is no error here, it is the end of the connection."
      guard stage == "OPTNEG" || stage == nil && socket.stranger != nil else {
        return closedLater(socket, closed)
      }
      return closedAtOnce(socket, closed)
    }
  }

  /// The text of the error is missing, and with it what happened.
  private func cut(_ socket: MilterSocket) -> Told {
    Told(
      Counsel(
        [
          "Success, Application error, Undefined error: 0: the milter closed",
          "Connection timed out: it was silent",
          "Connection reset by peer: it broke off",
        ], check: "the whole line in the log; \(socket.whoListens)",
        write: "mitmilter explain of the whole line"),
      more: "The line is cut off; its end tells what happened.")
  }

  /// Of Sendmail: bytes that came, and bytes that were due.
  private func shortRead(_ socket: MilterSocket) -> Told? {
    guard let size = match.values["size"].flatMap(Int.init),
      let came = match.values["number"].flatMap(Int.init)
    else {
      return nil
    }
    // The code is read before: the length field had one more.
    if size > 65_536, let peer = LengthField(size + 1) ?? LengthField(size) {
      return stranger(peer, size + 1, socket)
    }
    return came == 0 ? closedLater(socket, "The milter closed the connection.") : nil
  }

  private func closedAtOnce(_ socket: MilterSocket, _ closed: String) -> Told {
    var causes: [String] = []
    var write =
      isPostfix
      ? socket.mainCF() + " with the milter's own address"
      : socket.sendmailMC() + " with the milter's own address"
    var check =
      "\(socket.whoListens); curl -si http://\(socket.host ?? "HOST"):\(socket.port.map(String.init) ?? "PORT")/ | head -1 (an answer means HTTP)"
    if socket.path != nil || socket.port == nil { check = socket.whoListens }
    if let known = socket.stranger {
      causes.append(Self.words(known))
      if known.speaks == "HTTP" {
        check =
          "curl -si http://\(socket.host ?? "localhost"):\(known.number)/ | head -1 answers HTTP/1.1; \(socket.whoListens) names the program"
      }
      if let milter = known.milter {
        write = (isPostfix ? socket.mainCF(port: milter) : socket.sendmailMC(port: milter)) + reload
      }
    } else {
      causes.append("a service that does not speak milter sits there (HTTP, SMTP, a policy service)")
    }
    causes.append(
      "the milter needs more than the MTA offers: milter_protocol is too low (libmilter logs: does not fulfill)"
    )
    causes.append("the milter refuses this client's address, or has no free files or threads")
    return Told(Counsel(causes, check: check, write: write), more: closed)
  }

  private var reload: String {
    isPostfix ? ", then postfix reload" : ", then rebuild sendmail.cf and restart"
  }

  static func words(_ known: KnownPort) -> String {
    let article =
      ["HTTP", "SMTP"].contains { known.speaks.hasPrefix($0) }
      ? "an \(known.speaks.prefix(4)) service sits there: " : "not a milter sits there: "
    let milter = known.milterName.map { name in
      "; the milter is \(name)" + (known.milter.map { " on \($0)" } ?? "")
    }
    return "\(article)\(known.number) is \(known.service)\(milter ?? "")"
  }

  private func closedLater(_ socket: MilterSocket, _ closed: String) -> Told {
    Told(
      Counsel(
        [
          "the milter crashed or was restarted",
          "it closed because of a limit of its own (size, time, connections)",
          "a reply before this one was refused by its library (its log says nothing then)",
        ],
        check: "journalctl of the milter's unit at that second; coredumpctl; \(socket.whoListens)",
        write: restart),
      more: closed)
  }

  private var restart: String {
    isPostfix
      ? "restart the milter; main.cf: milter_default_action = tempfail makes mail wait meanwhile, accept lets it pass"
      : "restart the milter; F=T in INPUT_MAIL_FILTER makes mail wait meanwhile, without F= it passes"
  }

  private func silent(_ socket: MilterSocket) -> Told {
    let (parameter, time) = patience
    return Told(
      Counsel(
        [
          "the milter waits for something itself: DNS, a scanner, a database",
          "all its threads or processes are busy",
          stage == "OPTNEG"
            ? "what listens there does not speak milter and waits for more"
            : "it forgot to answer this command",
        ],
        check: "the time of each stage: mitmilter proxy … then Stats; \(socket.whoListens)",
        write: isPostfix
          ? "main.cf: \(parameter) = \(time) (longer than the milter takes), then postfix reload"
          : "sendmail.mc: INPUT_MAIL_FILTER(`NAME', `S=…, F=T, T=S:1m;R:1m;E:5m')dnl"),
      more:
        "The milter said nothing for the whole time that the MTA waits\(isPostfix ? " (\(parameter))" : "").")
  }

  /// The parameter of Postfix whose time was over, and more than its default (30 s, 30 s, 300 s).
  private var patience: (parameter: String, time: String) {
    switch stage {
    case "OPTNEG": ("milter_connect_timeout", "60s")
    case "HEADER", "EOH", "BODY", "BODYEOB": ("milter_content_timeout", "600s")
    default: ("milter_command_timeout", "60s")
    }
  }
}
