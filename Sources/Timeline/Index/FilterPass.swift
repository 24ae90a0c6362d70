import MilterProtocol
import TraceModel

/// Finds the packets that a predicate says yes to, in order, some at a time.
///
/// Called with a limit it never keeps the keys waiting; called again later it goes on, also over packets that
/// came in between. On another thread it runs over a copy of the index with a source of its own.
package struct FilterPass {
  package let predicate: any PacketPredicate
  /// Rows that match, in order.
  package private(set) var rows: [UInt32] = []
  /// The next row to look at.
  package private(set) var next = 0
  private var folded: [UInt32: FactsBox] = [:]
  private var latest: (connection: UInt32, box: FactsBox)?
  private var nextRemark = 0
  private var seen = EvidenceSeen()
  // What the predicate says of itself, asked once.
  private let needs: FactNeeds
  private let needsVerdicts: Bool
  private let needsMessageAlone: Bool
  private let headers: [HeaderProbe]?
  /// What the slice at hand has cost so far.
  private var effort = 0

  package init(_ predicate: any PacketPredicate) {
    self.predicate = predicate
    needs = predicate.needs
    needsVerdicts = needs.contains(.verdicts)
    needsMessageAlone = needs.isOfMessageAlone
    headers = predicate.headers
  }

  package func isDone(over index: TimelineIndex) -> Bool { next >= index.count }

  /// Looks at up to `limit` packets more, fewer where they are long, and at none from row `end` on. Returns whether it
  /// has seen all that there are before that.
  @discardableResult
  package mutating func advance(
    _ reader: TimelineReader, limit: Int = .max, before end: Int = .max
  ) -> Bool {
    let count = min(end, reader.index.count)
    effort = 0
    let folds = !needs.isEmpty
    let evidence = predicate.evidence
    let remembers = folds && predicate.asksFactsAlone
    let none = FactsBox()
    while next < count, effort < limit {
      let entry = reader.index.packets[next]
      effort += 1 + Int(entry.frameBytes) / TimelineIndex.bytesPerStep
      let isHopeful = evidence.map { hasEvidence($0, for: entry, reader) } ?? true
      let box = folds ? fold(entry, reader, begins: isHopeful) ?? none : none
      let kind = entry.kind
      if isHopeful, predicate.mayMatch(kind, from: entry.sender), mayHold(kind, entry, reader.source) {
        if remembers, let answer = box.answer, answer.span == entry.span {
          if answer.matches { rows.append(UInt32(next)) }
        } else {
          let matches = predicate.matches(
            RowContext(reader: reader, row: next, entry: entry, facts: box))
          if matches { rows.append(UInt32(next)) }
          box.answer = FactsBox.Answer(span: entry.span, matches: matches)
        }
        none.isFolded = false
        none.answer = nil
      }
      next += 1
    }
    return next >= count
  }

  /// Asks again about packets that it has looked at, of which something became known since.
  ///
  /// - Returns: false where the rows found are the same as before.
  @discardableResult
  package mutating func reconsider(_ changed: [Int], _ reader: TimelineReader) -> Bool {
    guard predicate.heedsChanges else { return false }
    var isChanged = false
    for row in changed where row < next { isChanged = reconsider(row, reader) || isChanged }
    return isChanged
  }

  private mutating func reconsider(_ row: Int, _ reader: TimelineReader) -> Bool {
    let entry = reader.index.packets[row]
    let matches =
      predicate.mayMatch(entry.kind, from: entry.sender) && predicate.matches(reader.context(at: row))
    let at = position(of: UInt32(row))
    let listed = at < rows.count && rows[at] == UInt32(row)
    if matches && !listed { rows.insert(UInt32(row), at: at) }
    if !matches && listed { rows.remove(at: at) }
    return matches != listed
  }

  /// Rows of other connections that a late start goes over in the time of one step.
  private static var rowsPassedPerStep: Int { 64 }

  /// Where `row` stands or would stand among the rows found.
  package func position(of row: UInt32) -> Int {
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if rows[middle] < row { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Whether there was evidence for the packet, itself included.
  private mutating func hasEvidence(_ evidence: [Evidence], for entry: PacketEntry, _ reader: TimelineReader)
    -> Bool
  {
    let c = reader.index.spans[Int(entry.span)].connection
    if seen.coversConnection(c) { return true }
    var isCovered = seen.coversSpan(of: entry)
    let wasCovered = isCovered
    for one in evidence where !(wasCovered && one.scope == .message) {
      guard one.mayBe(entry, in: reader.source) else { continue }
      seen.note(one, entry, connection: c)
      isCovered = true
    }
    return isCovered
  }

  /// Brings the facts of the packet's connection up to and with it. Packets whose content nobody asks for are
  /// folded as what they are, without being read.
  ///
  /// - Parameter begins: false where a connection that is not followed so far need not be.
  /// - Returns: nil where it is not followed, as nothing is needed of it.
  private mutating func fold(_ entry: PacketEntry, _ reader: TimelineReader, begins: Bool) -> FactsBox? {
    if needsVerdicts, nextRemark < reader.index.remarks.count {
      foldRemarks(before: Int(entry.record), reader)
    }
    let c = reader.index.spans[Int(entry.span)].connection
    let box: FactsBox
    if let followed = self.box(c) {
      box = followed
      add(entry, at: next, to: followed, reader)
    } else if begins, !needsMessageAlone || reader.index.messageIndex(at: next) != nil {
      box = begin(c, entry, reader)
      folded[c] = box
      latest = (c, box)
    } else {
      return nil
    }
    if next + 1 >= reader.index.connections[Int(c)].endRow, !reader.index.connections[Int(c)].isOpen {
      folded[c] = nil
      latest = nil
    }
    return box
  }

  /// The facts of a connection that was not followed so far, the packet at hand included.
  private mutating func begin(_ c: UInt32, _ entry: PacketEntry, _ reader: TimelineReader) -> FactsBox {
    let index = reader.index
    var from = index.connections[Int(c)].firstRow
    defer { effort += (next - from) / Self.rowsPassedPerStep }
    if needsVerdicts { return FactsBox(index.facts(at: next, from: reader.source)) }
    let box: FactsBox
    if needsMessageAlone {
      box = FactsBox(SessionFacts())
      from = index.messageIndex(at: next).map { index.messages[$0].firstRow } ?? from
    } else {
      let snapshot = index.snapshots[Int(c)]?.last { $0.row <= next }
      box = FactsBox(snapshot?.facts ?? SessionFacts())
      from = snapshot?.row ?? from
    }
    for row in from...next {
      let other = index.packets[row]
      if index.spans[Int(other.span)].connection == c { add(other, at: row, to: box, reader) }
    }
    return box
  }

  private func add(_ entry: PacketEntry, at row: Int, to box: FactsBox, _ reader: TimelineReader) {
    let kind = entry.kind
    // A packet of another message may have begun that.
    if let span = box.answer?.span, span != entry.span { box.answer = nil }
    let declined = entry.announcesAddress && needs.contains(.envelope) ? entry.stage : nil
    let isRead = declined != nil || needs.includes(kind) && mayMatter(kind, entry, reader.source)
    if needsVerdicts {
      if isRead || needs.heeds(kind, at: entry.stage) || entry.isTouched { box.answer = nil }
      if entry.isTouched || isRead {
        if let record = reader.record(at: Int(entry.record)) { box.facts.apply(record) }
      } else {
        box.facts.received(
          hollow: entry, number: reader.index.numbers.number(row), at: reader.index.packets.time(row))
      }
    } else if entry.sender == .mta, !entry.flags.contains(.injected) {
      let index = reader.index.spans[Int(entry.span)].message
      let message = index == .max ? 0 : reader.index.messages[Int(index)].number
      let number = reader.index.numbers.number(row)
      if message != 0, box.message != message {
        box.message = message
        box.facts.message = MessageFacts(number: message, firstPacket: number)
        box.answer = nil
      }
      guard isRead || needs.heeds(kind, at: entry.stage) else { return }
      box.answer = nil
      let packet = isRead ? reader.record(at: Int(entry.record))?.newPacket : nil
      box.facts.recalled(
        packet ?? entry.hollow, number: number, payloadBytes: entry.payloadBytes, inMessage: message != 0,
        declined: declined)
    }
  }

  /// False where a look at the line tells that the packet does not match.
  private func mayHold(_ kind: PacketKind, _ entry: PacketEntry, _ source: any RecordSource) -> Bool {
    guard let text = predicate.requirement(for: kind, from: entry.sender) else { return true }
    return source.mayHold(text, at: Int(entry.record))
  }

  /// False for a header that nobody asks about.
  private func mayMatter(_ kind: PacketKind, _ entry: PacketEntry, _ source: any RecordSource) -> Bool {
    guard case .command(.header) = kind, let headers else { return true }
    return headers.contains { $0.mayStand(at: Int(entry.record), in: source) }
  }

  /// The facts of a connection that is followed; packets of one often follow one another.
  private mutating func box(_ c: UInt32) -> FactsBox? {
    if let latest, latest.connection == c { return latest.box }
    guard let box = folded[c] else { return nil }
    latest = (c, box)
    return box
  }

  private mutating func foldRemarks(before record: Int, _ reader: TimelineReader) {
    while nextRemark < reader.index.remarks.count, reader.index.remarks.record(nextRemark) < record {
      let c = UInt32(reader.index.remarks.connection(nextRemark))
      if let box = folded[c], let other = reader.source.record(at: reader.index.remarks.record(nextRemark)) {
        box.facts.apply(other)
        box.answer = nil
      }
      nextRemark += 1
    }
  }
}
