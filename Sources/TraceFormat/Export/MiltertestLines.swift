import MilterProtocol

/// The body of one session's function, line by line.
struct MiltertestLines {
  private(set) var lines: [String] = []
  private(set) var remarks: [String] = []
  /// The latest command that was sent: what a reply is about.
  private var asked: String?
  private var newBody: [UInt8] = []
  private var isOver = false

  mutating func cannot(_ what: String) {
    lines.append("-- \(what)")
    if remarks.count < 20 { remarks.append(what) }
  }

  mutating func end() {
    if !isOver { lines.append("mt.disconnect(conn)") }
    isOver = true
  }

  // MARK: commands

  mutating func append(_ command: Command, number: Int) {
    switch command {
    case .optNeg(let optNeg):
      lines.append(
        "sent(mt.negotiate(conn, \(optNeg.version), \(optNeg.actions.rawValue), \(optNeg.protocolFlags.rawValue)))"
      )
      asked = nil
    case .macro(let set): append(set)
    case .connect(let connect):
      send("conninfo", [Self.text(connect.hostname), Self.address(connect.family)], "CONNECT", number)
    case .helo(let name): send("helo", [Self.text(name)], "HELO", number)
    case .mail(let envelope): send("mailfrom", Self.words(envelope), "MAIL", number)
    case .rcpt(let envelope): send("rcptto", Self.words(envelope), "RCPT", number)
    case .data: send("data", [], "DATA", number)
    case .header(let header):
      send("header", [Self.text(header.name), Self.text(header.value)], "HEADER", number)
    case .eoh: send("eoh", [], "EOH", number)
    case .body(let chunk): send("bodystring", [Self.text(chunk)], "BODY", number)
    case .bodyEOB:
      send("eom", [], "BODYEOB", number)
      newBody = []
    case .unknown(let line): send("unknown", [Self.text(line)], "UNKNOWN", number)
    case .abort:
      lines.append("sent(mt.abort(conn))")
      asked = nil
    case .quit, .quitNC: end()
    }
  }

  private mutating func send(_ function: String, _ arguments: [String], _ name: String, _ number: Int) {
    lines.append("sent(mt.\(function)(\((["conn"] + arguments).joined(separator: ", "))))")
    asked = "\(name), packet \(number)"
  }

  /// miltertest sends them for these four commands and no others.
  private mutating func append(_ set: MacroSet) {
    let types: [UInt8: String] = [
      0x43: "SMFIC_CONNECT", 0x48: "SMFIC_HELO", 0x4D: "SMFIC_MAIL", 0x52: "SMFIC_RCPT",
    ]
    guard !set.pairs.isEmpty else { return }
    guard let type = types[set.command] else {
      lines.append(
        "-- macros for \(CommandKind(rawValue: set.command)?.name ?? "another command") are not to be sent by miltertest"
      )
      return
    }
    let pairs = set.pairs.flatMap { [Self.text($0.name), Self.text($0.value)] }
    lines.append("sent(mt.macro(\((["conn", type] + pairs).joined(separator: ", "))))")
  }

  // MARK: replies

  mutating func append(_ reply: Reply) {
    switch reply {
    case .optNeg, .progress, .connFail, .setSymList: break
    case .modification(let modification): append(modification)
    case .verdict(let verdict):
      if !newBody.isEmpty { check("MT_BODYCHANGE", [newBody]) }
      newBody = []
      guard let asked else { return }
      lines.append("replied(conn, \"\(UnicodeScalar(verdict.kind.rawValue))\", \"\(asked)\")")
      // MT_SMTPREPLY is in its manual and not in the program (Debian's 2.11).
      if case .replyCode(let text) = verdict { lines.append("-- with the text \(Self.text(text))") }
      self.asked = nil
    }
  }

  private mutating func append(_ modification: Modification) {
    switch modification {
    case .addHeader(let header): check("MT_HDRADD", [header.name, header.value])
    case .insHeader(_, let header): check("MT_HDRINSERT", [header.name, header.value])
    case .chgHeader(_, let header):
      header.value.isEmpty
        ? check("MT_HDRDELETE", [header.name]) : check("MT_HDRCHANGE", [header.name, header.value])
    case .addRcpt(let address): check("MT_RCPTADD", [address])
    case .delRcpt(let address): check("MT_RCPTDELETE", [address])
    case .replBody(let chunk): newBody += chunk
    case .quarantine(let reason): check("MT_QUARANTINE", [reason])
    case .addRcptPar, .chgFrom:
      lines.append("-- \(modification.kind.name) is nothing that miltertest looks at")
    }
  }

  private mutating func check(_ what: String, _ values: [[UInt8]]) {
    let arguments = ["conn", what] + values.map(Self.text)
    lines.append("changed(mt.eom_check(\(arguments.joined(separator: ", "))), \"\(what) \(asked ?? "")\")")
  }

  /// What cannot be sent as an address is sent as an unknown one.
  private static func address(_ family: Connect.Family) -> String {
    switch family {
    case .unknown, .unix: return "\"unspec\""
    case .inet(_, let address): return text(address)
    case .inet6(_, let address):
      let prefix = Array("IPv6:".utf8)
      return text(address.starts(with: prefix) ? Array(address.dropFirst(prefix.count)) : address)
    }
  }

  private static func text(_ bytes: [UInt8]) -> String { LuaText.quoted(bytes) }
  private static func words(_ envelope: Envelope) -> [String] {
    ([envelope.address] + envelope.arguments).map(text)
  }
}

/// Bytes as a Lua string: printable ASCII as it is, the rest as three decimal digits.
enum LuaText {
  static func quoted(_ bytes: [UInt8]) -> String {
    var text = "\""
    for byte in bytes {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || !(0x20...0x7E).contains(byte) {
        text += "\\" + String(repeating: "0", count: byte < 10 ? 2 : byte < 100 ? 1 : 0) + String(byte)
      } else {
        text.unicodeScalars.append(UnicodeScalar(byte))
      }
    }
    return text + "\""
  }
}

/// What every script begins with.
enum MiltertestLua {
  static func opening(address: String) -> String {
    """
    -- Sessions recorded by mitmilter, played at a milter: miltertest -s FILE -D socket=inet:8891@127.0.0.1
    local address = socket or \(address)
    local what = "?"

    local function failed(why)
      mt.echo(what .. ": " .. why)
      error(why)
    end

    local function sent(fault)
      if fault ~= nil then failed(fault) end
    end

    local function replied(conn, letter, command)
      local reply = mt.getreply(conn)
      if reply ~= string.byte(letter) then
        local got = reply > 0 and string.char(reply) or "nothing"
        failed(command .. ": expected the reply " .. letter .. ", there is " .. got)
      end
    end

    local function changed(is_there, name)
      if not is_there then failed("missing or different: " .. name) end
    end

    local function session(number, play)
      what = "connection " .. number
      local conn = mt.connect(address)
      if conn == nil then failed("no connection to " .. address) end
      play(conn)
      mt.echo(what .. " is as it was")
    end

    """
  }
}
