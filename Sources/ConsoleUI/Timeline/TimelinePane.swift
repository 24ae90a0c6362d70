import Cells
import MilterProtocol
import Timeline
import TraceModel

/// The Timeline: a row a packet, and one for a connection that ended without any.
struct TimelinePane: ListPane {
  var list = ListState()
  private(set) var rows = ShownRows()
  /// Commands whose macro packets have rows of their own, by packet number.
  private(set) var unfolded: Set<Int> = []
  /// The row to come back to while a new filter is still looking for its packets.
  var anchor: Int?
  /// Where the selection goes by itself.
  var following = Following()
  /// What makes an MTA connect, and what to mind about it: for as long as nothing has come.
  var setUp: [SetUpLine] = []
  var setUpRemarks: [String] = []
  /// What the rows were made for.
  private var made: Made?

  private struct Made: Equatable {
    var revision: Int
    var macros: Settings.MacroMode
  }

  var view: ListView { .timeline }

  /// Whether the newest packet is kept in sight by now.
  func isFollowing(_ scene: Scene) -> Bool { scene.settings.follow && !following.isStopped }

  func share(_ scene: Scene) -> Layout.Share? { showsSetUp(scene) ? nil : Layout.Share() }

  /// The lines for the MTA need the whole screen, and there is nothing else to show.
  func showsSetUp(_ scene: Scene) -> Bool {
    scene.trace.isProxy && scene.trace.count == 0 && rows.count == 0 && !setUp.isEmpty
  }

  // MARK: rows

  /// Brings the rows up to what is known.
  ///
  /// - Parameter isAiming: whether something is open about the selected packet, which stays selected then.
  mutating func refresh(_ scene: Scene, isAiming: Bool = false) {
    let selected = selectedRow
    let wasAtEnd = list.cursor >= list.count - 1
    let wanted = Made(revision: scene.scope.revision, macros: scene.settings.macros)
    let isAnew = made != wanted
    if isAnew { (rows, made) = (ShownRows(from: scene.scope.start), wanted) }
    let (index, all) = (scene.trace.index, scene.settings.macros == .unfolded)
    let hasFolded: Bool
    if let filter = scene.scope.filter {
      hasFolded = rows.extend(
        matches: filter.pass.rows, before: filter.pass.next, index, unfolded: unfolded, all: all)
    } else {
      hasFolded = rows.extend(index, to: scene.extent, unfolded: unfolded, all: all)
    }
    list.setCount(rows.count)
    let target =
      isAiming
      ? .stay : following.target(isOn: scene.settings.follow, scene.trace, shows: { rows.shows($0) })
    if case .packet(let row) = target {
      list.reveal(rows.line(of: row))
    } else if target == .newest, wasAtEnd || scene.trace.isLive {
      list.select(rows.count - 1)
    } else if let row = anchor ?? (isAnew ? selected : nil) {
      list.reveal(rows.line(of: row))
      anchor = scene.scope.isDone(over: scene.trace) ? nil : row
    } else if hasFolded, let selected {
      list.keep(rows.line(of: selected))
    }
  }

  /// Row of the index that the selected line shows.
  var selectedRow: Int? { list.cursor < rows.count ? rows.packet(line: list.cursor) : nil }

  func packet(_ scene: Scene) -> Int? { selectedRow }

  /// The connection without a packet that the selected line shows.
  func silent(_ scene: Scene) -> SilentConnection? {
    guard list.cursor < rows.count, case .silent(let place) = rows[list.cursor] else { return nil }
    return scene.trace.index.silent[place]
  }

  func page(_ scene: Scene, width: Int) -> DetailPane.Page {
    let trace = scene.trace
    if let silent = silent(scene) {
      let number = trace.connections[silent.connection].number
      return DetailPane.Page("connection c\(number)", SessionTab.lines(silent, width: width, trace))
    }
    return .nothing(trace)
  }

  /// Records of what is shown: all where nothing is left out; with a filter its packets with their macros, what was
  /// remarked on them, and how their connections began and ended.
  func records(_ scene: Scene) -> [Int] {
    let index = scene.trace.index
    if scene.scope.filter == nil, scene.scope.freeze == nil, scene.scope.start == nil {
      return Array(0..<index.recordCount)
    }
    var records: Set<Int> = []
    var connections: Set<Int> = []
    for line in 0..<rows.count {
      switch rows[line] {
      case .silent(let place): records.formUnion(index.recordNumbers(about: index.silent[place]))
      case .packet(let row):
        for packet in [row] + index.macroRows(of: row) {
          records.formUnion(index.recordNumbers(about: packet))
        }
        connections.insert(index.connectionIndex(at: row))
      }
    }
    for connection in connections {
      if let opening = index.openingRecord(ofConnection: connection) { records.insert(opening) }
      records.formUnion(index.endingRecords(ofConnection: connection))
    }
    return records.sorted()
  }

  // MARK: acts

  /// Gives the macros of the selected command rows of their own, or takes those away.
  mutating func fold(_ scene: Scene) -> [Response] {
    guard let row = selectedRow, let command = foldableCommand(scene.trace.index) else {
      return .hint("no macros belong to this packet")
    }
    let index = scene.trace.index
    let number = index.number(at: command)
    if unfolded.remove(number) == nil { unfolded.insert(number) }
    made = nil
    refresh(scene)
    // Macros that fold away leave the place to their command.
    list.reveal(rows.line(of: rows.shows(row) ? row : command))
    return []
  }

  /// The command whose macros are meant: the selected one, the one that the selected macros belong to, or the one that the
  /// selected reply answers.
  private func foldableCommand(_ index: TimelineIndex) -> Int? {
    guard let row = selectedRow else { return nil }
    let line = index[row]
    if let command = line.foldsInto { return command }
    if let command = line.answers, index[command].macros != nil { return command }
    return line.macros == nil ? nil : row
  }

  enum Landmark: Equatable, Sendable {
    case finding, mark
    /// A reply that refuses, discards or quarantines.
    case refusal

    fileprivate var name: String {
      switch self {
      case .finding: "finding"
      case .mark: "mark"
      case .refusal: "reply against a mail"
      }
    }
  }

  /// To the next line that has one.
  mutating func jump(step: Int, count: Int, to landmark: Landmark, _ scene: Scene) -> [Response] {
    var line = list.cursor
    for _ in 0..<max(1, count) {
      repeat { line += step } while (0..<rows.count).contains(line) && !has(landmark, rows[line], scene.trace)
      guard (0..<rows.count).contains(line) else {
        return .refuse(
          "no \(landmark.name) \(step > 0 ? "further on" : "before this")")
      }
    }
    list.reveal(line)
    return [.unfollow]
  }

  private func has(_ landmark: Landmark, _ line: ShownRows.Line, _ trace: TraceView) -> Bool {
    switch (line, landmark) {
    case (.packet(let row), .finding): trace.index[row].severity != nil
    case (.packet(let row), .mark): trace.index[row].flags.contains(.marked)
    case (.silent(let place), .finding):
      trace.connections[trace.index.silent[place].connection].severity != nil
    case (.packet(let row), .refusal): trace.index[row].kind.isAgainstMail
    case (.silent, .mark), (.silent, .refusal): false
    }
  }

  func look(for search: Search, line: Int, _ scene: Scene) -> (isMatch: Bool, cost: Int) {
    let trace = scene.trace
    switch rows[line] {
    case .packet(let row):
      let cost = 1 + trace.index.glance(at: row).frameBytes / TimelineIndex.bytesPerStep
      return (search.matches(row: row, trace) || search.matches(countsOf: row, trace), cost)
    case .silent(let place):
      return (search.matches(Array(ConnectionLine(trace.index.silent[place], trace).words.utf8)), 1)
    }
  }
}

extension PacketKind {
  /// Whether it keeps a mail, or a recipient, from being delivered at once.
  fileprivate var isAgainstMail: Bool {
    guard case .reply(let kind) = self else { return false }
    switch kind {
    case .reject, .tempfail, .replyCode, .discard, .quarantine, .shutdown, .connFail: return true
    case .continue, .accept, .skip, .optNeg, .progress, .addHeader, .insHeader, .chgHeader, .addRcpt,
      .addRcptPar, .delRcpt, .chgFrom, .replBody, .setSymList:
      return false
    }
  }
}
