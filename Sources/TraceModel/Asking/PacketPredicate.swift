import MilterProtocol

/// Which facts an expression asks about; what none asks for is not read.
package struct FactNeeds: OptionSet, Hashable, Sendable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// CONNECT and HELO.
  package static let session = FactNeeds(rawValue: 1 << 0)
  /// Macros in force.
  package static let macros = FactNeeds(rawValue: 1 << 1)
  /// MAIL and RCPT.
  package static let envelope = FactNeeds(rawValue: 1 << 2)
  package static let headers = FactNeeds(rawValue: 1 << 3)
  /// Bytes of the message so far.
  package static let size = FactNeeds(rawValue: 1 << 4)
  /// Which recipients were refused: only for these are replies folded.
  package static let verdicts = FactNeeds(rawValue: 1 << 5)

  package static let all: FactNeeds = [.session, .macros, .envelope, .headers, .size, .verdicts]

  /// Whether the content of such a packet has to be read for these facts.
  package func includes(_ kind: PacketKind) -> Bool {
    switch kind {
    case .command(.connect), .command(.helo): contains(.session)
    case .command(.macro): contains(.macros)
    case .command(.mail), .command(.rcpt): contains(.envelope)
    case .command(.header): contains(.headers)
    // Which replies are awaited depends on it.
    case .command(.optNeg), .reply(.optNeg): contains(.verdicts)
    case .command, .reply, .unknown, .empty: false
    }
  }

  /// Whether such a packet changes these facts by what it is and how long, without having been read.
  ///
  /// - Parameter stage: of the packet; nil where it is not known.
  package func heeds(_ kind: PacketKind, at stage: Stage?) -> Bool {
    switch kind {
    case .command(.header), .command(.body), .command(.bodyEOB): contains(.size)
    // Their letter makes the macros of later stages void, or takes the place of a set.
    case .command(.optNeg), .command(.connect), .command(.helo), .command(.mail), .command(.rcpt),
      .command(.macro), .command(.quit), .command(.quitNC):
      contains(.macros)
    case .reply: contains(.verdicts) && (stage == .rcpt || stage == nil)
    case .command, .unknown, .empty: false
    }
  }

  /// Whether what stands in front of a message tells nothing of them.
  package var isOfMessageAlone: Bool { isDisjoint(with: Self.beforeMessages) }

  private static let beforeMessages: FactNeeds = [.session, .macros, .verdicts]
}

/// Yes or no about a packet in its context; what filters and searches are made of.
package protocol PacketPredicate: Sendable {
  /// Facts of session and message that it may ask for. The packet itself is read when it is asked for.
  var needs: FactNeeds { get }
  /// False where no packet of that kind can match: it is not asked about any.
  func mayMatch(_ kind: PacketKind, from sender: Leg) -> Bool
  func matches(_ context: some PacketContext) -> Bool
  /// Text that such a packet must have to match; nil where that is not known.
  func requirement(for kind: PacketKind, from sender: Leg) -> TextProbe?
  /// One of these has to be there for a match, at the packet or in front of it; nil where that is not known.
  var evidence: [Evidence]? { get }
  /// The headers whose names and values `needs` is about; nil for all.
  var headers: [HeaderProbe]? { get }
  /// Whether the answer is the same for all packets of a message, or of a connection outside any, until `needs` change.
  var asksFactsAlone: Bool { get }
  /// Whether the answer may be another once flags or findings of the packet change.
  var heedsChanges: Bool { get }
}

extension PacketPredicate {
  package func requirement(for kind: PacketKind, from sender: Leg) -> TextProbe? { nil }
  package var headers: [HeaderProbe]? { nil }
  package var evidence: [Evidence]? { nil }
  package var asksFactsAlone: Bool { false }
  package var heedsChanges: Bool { true }
}
