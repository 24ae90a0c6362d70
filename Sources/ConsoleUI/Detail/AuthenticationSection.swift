import Cells
import Mail
import MilterProtocol
import Signatures
import Timeline
import TraceModel

/// Who the client is, and who vouches for the mail: macros of the MTA, then what headers say, taken apart.
///
/// RFC 8601 (Authentication-Results), 7208 (Received-SPF), 6376 (DKIM-Signature), 8617 (ARC). The headers are shown as what
/// they say: whoever sent the mail may have written them.
enum AuthenticationSection {
  static func add(_ content: MessageContent, _ facts: SessionFacts, into page: inout DetailPage) {
    var section = DetailPage(width: page.width)
    macros(facts, into: &section)
    for header in content.headers { add(header, into: &section) }
    for asked in content.modifications { add(asked, into: &section) }
    guard !section.lines.isEmpty else { return }
    page.heading("Authentication")
    for line in section.lines { page.add(line) }
  }

  // MARK: macros

  private static func macros(_ facts: SessionFacts, into page: inout DetailPage) {
    func value(_ name: String) -> DisplayText? {
      guard let value = facts.currentMacro(name.utf8)?.value, !value.bytes.isEmpty else { return nil }
      return DisplayText(escaping: value.slice, columns: 300)
    }
    func row(_ label: String, _ parts: [(String, DisplayText?)]) {
      let shown = parts.compactMap { name, text in
        text.map { (name.isEmpty ? "" : DisplayText(name + " ", style: .dim)) + $0 }
      }
      if !shown.isEmpty { page.row(label, shown.joined()) }
    }
    row(
      "client",
      [
        ("", value("_")), ("resolves", value("client_resolve")), ("PTR", value("client_ptr")),
        ("", value("client_connections").map { $0 + " connections" }),
      ])
    row(
      "TLS",
      [
        ("", value("tls_version")), ("", value("cipher")), ("bits", value("cipher_bits")),
        ("verified", value("verify")), ("subject", value("cert_subject")), ("issuer", value("cert_issuer")),
      ])
    let login = [
      ("", value("auth_authen")), ("by", value("auth_type")), ("as", value("auth_author")),
      ("strength", value("auth_ssf")),
    ]
    if value("auth_authen") == nil, value("auth_type") == nil, let words = noLogin(facts) {
      page.row("login", DisplayText(words, style: .dim))
    } else {
      row("login", login)
    }
  }

  /// What it means that no macro names a user; nil as long as those of MAIL have not come.
  private static func noLogin(_ facts: SessionFacts) -> String? {
    guard facts.hasOwnMacros(for: .mail) else { return nil }
    let requested = facts.negotiation.answered?.symbolLists.last { $0.stage == MacroStage.mail.rawValue }
    if let requested, !requested.macroNames.isEmpty,
      !requested.macroNames.contains(where: { KnownMacro.bareName($0).starts(with: "auth_".utf8) })
    {
      return "not known: the milter asked for macros at MAIL, and not for {auth_authen}"
    }
    let isCertified =
      facts.currentMacro("cert_subject".utf8).map { !$0.value.bytes.isEmpty } ?? false
      || facts.currentMacro("verify".utf8).map { $0.value.bytes == Array("OK".utf8) } ?? false
    return isCertified ? "client certificate, no login" : "not logged in"
  }

  // MARK: headers

  /// A header that was added or changed at end of message.
  private static func add(_ asked: MessageContent.AskedModification, into page: inout DetailPage) {
    let header: Header
    switch asked.modification {
    case .addHeader(let added), .insHeader(_, let added), .chgHeader(_, let added): header = added
    case .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .replBody, .quarantine: return
    }
    guard !header.value.isEmpty else { return }
    var added = DetailPage(width: page.width)
    add(.init(header, packet: asked.packet), into: &added)
    guard !added.lines.isEmpty else { return }
    page.row(
      "added", DisplayText(asked.author == .peer ? "by the milter" : "by mitmilter", style: .dim),
      packet: asked.packet)
    for line in added.lines { page.add(line) }
  }

  private static func add(_ seen: MessageContent.SeenHeader, into page: inout DetailPage) {
    let value = seen.header.value
    func isNamed(_ name: String) -> Bool { sameHeaderName(seen.header.name, name.utf8) }
    if isNamed("Authentication-Results") {
      results(AuthenticationResults(value), value, instance: nil, seen.packet, into: &page)
    } else if isNamed("ARC-Authentication-Results") {
      let instance = TagList(value).value("i", in: value)
      results(AuthenticationResults(value), value, instance: instance ?? [], seen.packet, into: &page)
    } else if isNamed("Received-SPF") {
      for result in AuthenticationResults(receivedSPF: value).results {
        page.row(label("Received-SPF"), text(result, value), value: value, packet: seen.packet)
      }
    } else if isNamed("DKIM-Signature") {
      signature("DKIM signature", value, seen.packet, into: &page)
    } else if isNamed("ARC-Message-Signature") {
      signature("ARC signature", value, seen.packet, into: &page)
    } else if isNamed("ARC-Seal") {
      signature("ARC seal", value, seen.packet, into: &page)
    }
  }

  private static func label(_ words: String) -> DisplayText { DisplayText(words, style: Style(.name)) }

  private static func results(
    _ read: AuthenticationResults, _ value: [UInt8], instance: [UInt8]?, _ packet: Int,
    into page: inout DetailPage
  ) {
    var authority = DisplayText(escaping: value[read.authority], columns: 200)
    if let instance {
      authority =
        DisplayText("ARC ", style: .dim) + DisplayText(escaping: instance, columns: 8) + " " + authority
    }
    let nothing = read.results.isEmpty ? emptiness(value) : DisplayText()
    page.row(label("says"), authority + nothing, value: value, packet: packet)
    for result in read.results {
      let method =
        DisplayText("  ") + DisplayText(escaping: value[result.method], columns: 40, style: Style(.name))
      page.row(method, text(result, value), value: value, packet: packet)
    }
  }

  /// RFC 8601 section 2.2: who found nothing says `none`.
  private static func emptiness(_ value: [UInt8]) -> DisplayText {
    value.contains(UInt8(ascii: ";"))
      ? DisplayText("  found nothing", style: .dim)
      : DisplayText("  has no result: readers ignore it", style: Style(.warn))
  }

  private static func text(_ result: AuthenticationResults.Result, _ value: [UInt8]) -> DisplayText {
    let word = value[result.result]
    var text = DisplayText(escaping: word, columns: 40, style: Style(role(of: word), .bold))
    for property in result.properties.prefix(50) {
      text += "  " + DisplayText(escaping: unfolded(value[property.name]), columns: 80, style: .dim)
      text +=
        DisplayText("=", style: .dim) + DisplayText(escaping: unfolded(value[property.value]), columns: 400)
    }
    if let comment = result.comment, !comment.isEmpty {
      text +=
        DisplayText("  (", style: .dim)
        + DisplayText(escaping: unfolded(value[comment]), columns: 400, style: .dim)
        + DisplayText(")", style: .dim)
    }
    return text
  }

  /// RFC 8601 section 2.7: the result words of all methods.
  private static func role(of word: ArraySlice<UInt8>) -> Style.Role {
    switch String(decoding: word.prefix(20).map(lowercased), as: UTF8.self) {
    case "pass": .good
    case "fail", "softfail", "hardfail", "permerror", "discard", "reject": .bad
    case "temperror", "policy": .warn
    default: .dim
    }
  }

  /// The tags that say who signed what; the signature and the hash themselves are of no use to a reader.
  private static func signature(
    _ name: String, _ value: [UInt8], _ packet: Int, into page: inout DetailPage
  ) {
    let list = TagList(value)
    let tags: [(String, String)] = [
      ("", "i"), ("of", "d"), ("selector", "s"), ("", "a"), ("chain", "cv"), ("canonical", "c"),
      ("body bytes", "l"), ("signed", "t"), ("expires", "x"),
    ]
    var parts: [DisplayText] = []
    for (word, tag) in tags {
      guard var bytes = list.value(tag, in: value), !bytes.isEmpty else { continue }
      if tag == "t" || tag == "x", let date = date(bytes) { bytes = Array(date.utf8) }
      let role: Style.Role = tag == "cv" ? self.role(of: bytes[...]) : tag == "d" ? .value : .text
      let label = word.isEmpty ? DisplayText() : DisplayText(word + " ", style: .dim)
      parts.append(label + DisplayText(escaping: bytes, columns: 300, style: Style(role)))
    }
    if parts.isEmpty { parts = [DisplayText("says nothing that can be read", style: Style(.warn))] }
    page.row(label(name), parts.joined(), value: value, packet: packet)
    guard let headers = list.value("h", in: value), !headers.isEmpty else { return }
    let names = headers.split(separator: UInt8(ascii: ":")).map { DisplayText(escaping: $0, columns: 60) }
    page.row(
      "" as DisplayText, DisplayText("covers ", style: .dim) + Array(names.prefix(200)).joined(gap: 1),
      value: value,
      packet: packet)
  }

  /// Seconds since 1970 as a day, in UTC; nil for what is no such number.
  private static func date(_ digits: [UInt8]) -> String? {
    guard digits.count <= 11, let seconds = Int64(String(decoding: digits, as: UTF8.self)), seconds >= 0
    else {
      return nil
    }
    return WallClock.date(seconds)
  }
}
