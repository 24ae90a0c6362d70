import MilterProtocol
import Signatures
import TraceModel

/// What came of a mail, in lines that are the same whenever the same came of it: the verdict, and each modification.
///
/// What differs from one run to the next by nature is left out: the signature itself, and the time at which it was made.
package struct SentOutcome: Equatable, Sendable {
  /// The mail's name, safe to print; it does not begin with a blank.
  package let mail: String
  package let lines: [String]

  package init(of result: SentSession.Result, in session: SentSession, named name: String) {
    mail = Self.plain(name)
    lines = ["\(result.word): \(result.reason)"] + session.modifications(of: result).map(Self.line)
  }

  package init(mail: String, lines: [String]) { (self.mail, self.lines) = (mail, lines) }

  package static func plain(_ name: String) -> String {
    let text = ListingText.inert(name)
    return text.hasPrefix(" ") || text.hasPrefix("#") ? "./" + text : text
  }

  private static func line(_ packet: Packet) -> String {
    guard case .reply(.modification(let modification)) = PacketValue(decoding: packet) else {
      return "\(packet.kind.name) \(PacketSummary(packet).text)"
    }
    var steady = modification
    switch modification {
    case .addHeader(let header): steady = .addHeader(Self.steady(header))
    case .insHeader(let index, let header): steady = .insHeader(index: index, Self.steady(header))
    case .chgHeader(let index, let header): steady = .chgHeader(index: index, Self.steady(header))
    case .replBody(let chunk):
      var hash = SHA256()
      hash.take(chunk[...])
      let digest = hash.digest.prefix(8).map(HexDigit.pair).joined()
      return "\(packet.kind.name) \(chunk.count) bytes, \(digest.lowercased())"
    case .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .quarantine: break
    }
    return "\(packet.kind.name) \(PacketSummary(Packet(encoding: Reply.modification(steady))).text)"
  }

  private static let signatures = ["DKIM-Signature", "ARC-Message-Signature", "ARC-Seal"]

  /// Without the signature, when it was made and until when it counts.
  private static func steady(_ header: Header) -> Header {
    guard signatures.contains(where: { sameHeaderName($0.utf8, header.name) }) else { return header }
    var value = header.value
    for tag in TagList(value).tags.reversed()
    where ["b", "t", "x"].contains(where: { header.value[tag.name].elementsEqual($0.utf8) }) {
      value.replaceSubrange(tag.value, with: "…".utf8)
    }
    return Header(name: header.name, value: value)
  }
}

/// What differs between two outcomes of a mail.
package struct SentDifference: Sendable {
  private let mail: String
  private let before: [String]
  private let after: [String]

  /// nil where nothing does.
  ///
  /// - Parameter before: nil for a mail that was not there.
  package init?(from before: SentOutcome?, to after: SentOutcome) {
    guard before?.lines != after.lines else { return nil }
    mail = after.mail
    self.before = before?.lines ?? []
    self.after = after.lines
  }

  /// The mail, and what is gone and what is new, a line each.
  package var text: String {
    let difference = after.difference(from: before)
    var lines: [(place: Int, order: Int, text: String)] = []
    for change in difference {
      switch change {
      case .remove(let place, let line, _): lines.append((place, 0, "- \(line)"))
      case .insert(let place, let line, _): lines.append((place, 1, "+ \(line)"))
      }
    }
    lines.sort { ($0.place, $0.order) < ($1.place, $1.order) }
    return "\(mail)\n" + lines.map { "\($0.text)\n" }.joined()
  }

  package func appendJSON(to bytes: inout [UInt8]) {
    bytes.append(key: "{\"mail\":", mail)
    bytes.append(ascii: ",\"before\":")
    bytes.append(list: before) { $0.append(key: "", $1) }
    bytes.append(ascii: ",\"after\":")
    bytes.append(list: after) { $0.append(key: "", $1) }
    bytes.append(ascii: "}\n")
  }
}
