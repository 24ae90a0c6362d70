import MilterProtocol
import Timeline
import TraceModel

/// One mail that passed several milters: what each of them did, in order, and what the later ones saw of it.
package struct ChainStory: Sendable {
  /// In the order in which the milters were shown the mail.
  package private(set) var passages: [Passage] = []

  /// The mail at one milter.
  package struct Passage: Sendable {
    /// Index in ``TimelineIndex/messages``.
    package let message: Int
    package let tap: [UInt8]
    package let outcome: MessageEntry.Outcome
    /// How long the milter took for the verdict.
    package let took: Moment.Span?
    package fileprivate(set) var deeds: [Deed]
    fileprivate let content: MessageContent
  }

  /// Something that a milter did to the mail.
  package struct Deed: Sendable {
    package let packet: Int
    /// A clause whose subject is the milter: `adds 'X-Seen: yes'`.
    package let words: Sentence
    /// It costs the mail something: a signature that fails from here on, a modification that does not do what it says.
    package let isHarm: Bool
    /// Whether the mail shows it; nil where that is no question of what a mail says.
    fileprivate let trace: Trace?
    /// By passage behind this one.
    package fileprivate(set) var seen: [Seen] = []
  }

  package enum Seen: Sendable, Equatable {
    case seen, unseen
    /// The milter was not shown enough to tell, or there is nothing that it could be shown.
    case unknown
  }

  /// How a deed shows in the mail that a later milter is shown.
  fileprivate enum Trace: Sendable {
    /// A header line that is there; or is there no more.
    case header([UInt8], isThere: Bool)
    case body([UInt8])
    case recipient([UInt8], isThere: Bool)
    case sender([UInt8])
  }

  /// - Parameters:
  ///   - chain: as ``TimelineIndex/chain(ofMessage:)`` has it.
  ///   - known: the MTA by whose rules changes count; nil where nothing tells.
  package init(
    _ chain: [Int], in index: TimelineIndex, from source: some RecordSource, under known: KnownMTA?
  ) {
    passages = chain.map { i in
      let entry = index.messages[i]
      let content = index.content(ofMessage: i, from: source, bodyLimit: Self.bodyLimit)
      let rules = known ?? index.connections[entry.connection].mta ?? .postfix
      return Passage(
        message: i, tap: index.tap(ofConnection: entry.connection) ?? [], outcome: entry.outcome,
        took: entry.decision?.row.flatMap { index[$0].took },
        deeds: Self.deeds(EffectiveResult(of: content, under: rules)), content: content)
    }
    for place in passages.indices {
      for deed in passages[place].deeds.indices {
        let trace = passages[place].deeds[deed].trace
        passages[place].deeds[deed].seen = passages[(place + 1)...].map {
          Self.look(for: trace, in: $0.content)
        }
      }
    }
  }

  private static let bodyLimit = 262_144

  // MARK: what was done

  private static func deeds(_ result: EffectiveResult) -> [Deed] {
    var deeds = result.headers.filter { !$0.isOwnReceived }.compactMap { line in
      deed(
        line.change, "'\(wire: line.line)'", was: line.before.map { "'\(wire: $0.name + [0x3A] + $0.text)'" },
        there: .header(line.line, isThere: true), gone: .header(line.line, isThere: false))
    }
    if let sender = result.sender, case .changed(let packet) = sender.change {
      deeds.append(
        Deed(
          packet: packet, words: "makes '\(wire: sender.envelope.address)' the sender", isHarm: false,
          trace: .sender(sender.envelope.address)))
    }
    deeds += result.recipients.compactMap { line in
      let address = line.envelope.address
      return deed(
        line.change, "the recipient '\(wire: address)'", was: nil,
        there: .recipient(address, isThere: true), gone: .recipient(address, isThere: false))
    }
    if let packet = result.bodyPackets.first {
      deeds.append(
        Deed(
          packet: packet, words: "replaces the body", isHarm: false, trace: .body(result.body)))
    }
    if let quarantine = result.quarantine {
      deeds.append(
        Deed(
          packet: quarantine.packet, words: "quarantines it: '\(wire: quarantine.reason)'", isHarm: false,
          trace: nil))
    }
    deeds += result.remarks.map {
      Deed(packet: $0.packet, words: Sentence(others: $0.text), isHarm: true, trace: nil)
    }
    return deeds.sorted { $0.packet < $1.packet }
  }

  private static func deed(
    _ change: EffectiveResult.Change, _ what: Sentence, was before: Sentence?, there: Trace, gone: Trace
  ) -> Deed? {
    switch change {
    case .kept: nil
    case .added(let packet): Deed(packet: packet, words: "adds " + what, isHarm: false, trace: there)
    case .removed(let packet): Deed(packet: packet, words: "removes " + what, isHarm: false, trace: gone)
    case .changed(let packet):
      Deed(
        packet: packet, words: (before.map { "changes " + $0 + " to " } ?? "changes to ") + what,
        isHarm: false, trace: there)
    }
  }

  // MARK: what was seen

  private static func look(for trace: Trace?, in content: MessageContent) -> Seen {
    guard let trace else { return .unknown }
    switch trace {
    case .header(let line, let isThere):
      // A milter that decided before the headers has seen none.
      guard !content.headers.isEmpty else { return .unknown }
      let wanted = plain(line)
      let found = content.headers.contains { plain($0.header.name + [0x3A] + $0.header.value) == wanted }
      return found == isThere ? .seen : .unseen
    case .body(let body):
      guard content.unseen == nil, !content.bodyIsCut, !content.headers.isEmpty else { return .unknown }
      return content.body.filter { $0 != 0x0D } == body.filter { $0 != 0x0D } ? .seen : .unseen
    case .recipient(let address, let isThere):
      guard !content.recipients.isEmpty else { return .unknown }
      return content.recipients.contains { $0.address == address } == isThere ? .seen : .unseen
    case .sender(let address):
      guard let sender = content.sender else { return .unknown }
      return sender.address == address ? .seen : .unseen
    }
  }

  /// A header line without what MTAs fold and blank anew.
  private static func plain(_ line: [UInt8]) -> [UInt8] { line.filter { $0 > 0x20 }.map(lowercased) }
}

extension ChainStory.Deed {
  /// What the milters behind it saw of it, in words; nil where there is nothing to tell.
  ///
  /// - Parameter names: of these milters, in order.
  package func seen(by names: some Collection<String>) -> String? {
    let pairs = zip(names, seen)
    let groups = [(ChainStory.Seen.seen, "seen by"), (.unseen, "not seen by")].compactMap { wanted, words in
      let those = pairs.filter { $0.1 == wanted }.map(\.0)
      return those.isEmpty ? nil : "\(words) \(those.joined(separator: ", "))"
    }
    return groups.isEmpty ? nil : groups.joined(separator: "; ")
  }
}
