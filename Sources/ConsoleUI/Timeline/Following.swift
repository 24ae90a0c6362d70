import TraceModel

/// Where the selection of the Timeline goes by itself: with the newest packet, until something is held.
///
/// A hold takes the selection and keeps it, so that no key means a packet that came while somebody aimed. Once the operator
/// has let it go, the next that is held is selected, or the newest packet again. What a deadline lets go stays selected.
struct Following {
  enum Target: Equatable {
    case stay, newest
    /// Row of the index.
    case packet(Int)
  }

  /// Whether a hold has stopped it.
  private(set) var isStopped = false
  /// Rows that waited at the last look.
  private var known: Set<Int> = []
  /// Index of the connection whose next held packet is awaited, after a step.
  private var stepping: Int?
  /// Row of what is to be selected after what was let go.
  private var next: Int?

  /// Goes with the newest packet again, whatever is held.
  mutating func restart() { self = Following(known: known) }

  private init(known: Set<Int>) { self.known = known }

  init() {}

  /// - Parameters:
  ///   - isOn: whether the operator wants to see the newest packet.
  ///   - shows: whether a row of the index can be selected.
  mutating func target(isOn: Bool, _ trace: TraceView, shows: (Int) -> Bool) -> Target {
    let rows = trace.waiting.map(\.row)
    let fresh = rows.filter { !known.contains($0) && shows($0) }
    known = Set(rows)
    if let stepping, let row = fresh.first(where: { trace.index.connectionIndex(at: $0) == stepping }) {
      return stop(at: row)
    }
    guard isOn else {
      isStopped = false
      return .stay
    }
    if let row = next, shows(row) { return stop(at: row) }
    if isStopped { return .stay }
    return fresh.first.map { stop(at: $0) } ?? .newest
  }

  private mutating func stop(at row: Int) -> Target {
    (isStopped, stepping, next) = (true, nil, nil)
    return .packet(row)
  }

  /// The operator lets the packet go.
  mutating func release(_ number: Int, isStep: Bool, _ trace: TraceView) {
    guard let entry = trace.waiting.first(where: { $0.number == number }) else { return }
    guard !isStep else { return stepping = trace.index.connectionIndex(at: entry.row) }
    next = trace.waiting.first { $0.row != entry.row }?.row
    isStopped = next != nil
  }
}
