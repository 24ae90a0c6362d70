import MilterProtocol
import TraceModel

/// One question to a context.
enum Test: Sendable {
  case kinds(PacketKindSet)
  case refusal
  case flags(PacketFlags)
  case sender(Set<Leg>, isNegated: Bool)
  case stage(Set<Stage>, isNegated: Bool)
  case number(Term.NumberField, Ranges)
  case time(TimePoint.Base, Ranges)
  /// Of the weightiest finding.
  case severity(Ranges)
  case findingID(TextTest)
  case text(TextSource, TextTest)

  /// Where a value may lie; with `isNegated` where a value that is there may not.
  struct Ranges: Sendable {
    var ranges: [ClosedRange<Int64>]
    var isNegated = false

    static let any = Ranges(ranges: [Int64.min...Int64.max])

    func contains(_ value: Int64) -> Bool { ranges.contains { $0.contains(value) } != isNegated }

    /// Where there are several values: for one of them, or with a negation for all.
    func holds(for values: [Int64]) -> Bool {
      isNegated ? !values.isEmpty && values.allSatisfy(contains) : values.contains(where: contains)
    }

    /// For a comparison with something that covers `low` to `high`.
    init(_ comparison: Comparison, low: Int64, high: Int64) {
      switch comparison {
      case .notEqual: self.init(ranges: [low...high], isNegated: true)
      case .less: self.init(ranges: low == .min ? [] : [.min...(low - 1)])
      case .atMost: self.init(ranges: [.min...high])
      case .greater: self.init(ranges: high == .max ? [] : [(high + 1)...(.max)])
      case .atLeast: self.init(ranges: [low...(.max)])
      case .equal, .in, .contains, .startsWith, .endsWith, .matches: self.init(ranges: [low...high])
      }
    }

    init(ranges: [ClosedRange<Int64>], isNegated: Bool = false) {
      self.ranges = ranges
      self.isNegated = isNegated
    }
  }

  func holds(for context: some PacketContext, _ effort: inout SearchEffort) -> Bool {
    switch self {
    case .kinds(let kinds): return kinds.contains(context.kind, from: context.sender)
    case .refusal: return PacketStrings.refuses(in: context)
    case .flags(let flags): return context.flags.isSuperset(of: flags)
    case .sender(let senders, let isNegated): return senders.contains(context.sender) != isNegated
    case .stage(let stages, let isNegated):
      return context.stage.map { stages.contains($0) != isNegated } ?? false
    case .number(.partSize, let ranges):
      return ranges.holds(for: context.content?.parts.map { Int64($0.size) } ?? [])
    case .number(let field, let ranges): return field.value(in: context).map(ranges.contains) ?? false
    case .time(let base, let ranges): return ranges.contains(base.microseconds(in: context))
    case .severity(let ranges):
      return context.severity.map { ranges.contains(Int64($0.rawValue)) } ?? false
    case .findingID(let test):
      return test.holds(for: .many(context.findingIDs.map { Array($0.utf8)[...] }), &effort)
    case .text(let source, let test): return test.holds(for: source.values(in: context), &effort)
    }
  }
}

extension Term.NumberField {
  func value(in context: some PacketContext) -> Int64? {
    switch self {
    case .connection: Int64(context.connection)
    case .message: Int64(context.message)
    case .number: Int64(context.number)
    case .length: Int64(context.frameBytes)
    case .took: context.took?.microseconds
    case .clientPort: context.clientPort.map(Int64.init)
    case .replyCode: context.packet.flatMap(PacketStrings.replyCode)
    case .headerIndex: context.packet.flatMap(PacketStrings.headerIndex)
    case .messageSize: context.message == 0 ? nil : Int64(context.messageBytes)
    case .messageRecipients: context.message == 0 ? nil : Int64(context.messageRecipients.count)
    case .hour: TimePoint.Base.midnight.microseconds(in: context) / 3_600_000_000
    // The largest: a text names one.
    case .partSize: context.content?.parts.map { Int64($0.size) }.max()
    }
  }
}

extension TimePoint.Base {
  func microseconds(in context: some PacketContext) -> Int64 {
    let sinceStart = context.time.microseconds
    let local = Int64(context.utcOffset) * 1_000_000
    switch self {
    case .start: return sinceStart
    case .epoch: return context.startedAt &+ sinceStart
    case .localEpoch: return context.startedAt &+ sinceStart &+ local
    case .midnight:
      let clock = (context.startedAt &+ sinceStart &+ local) % TimePoint.dayMicroseconds
      return clock < 0 ? clock + TimePoint.dayMicroseconds : clock
    }
  }
}
