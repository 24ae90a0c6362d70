import Cells
import CommandLanguage
import TraceModel

/// `x`, and `export` at the prompt: which format, what of the trace, which file.
struct Exporting {
  /// The formats that there are.
  let formats: [ExportChoice]
  let subject: Subject
  /// What the Timeline shows.
  let rows: ShownRows

  private var trace: TraceView { subject.trace }
  private var isFiltered: Bool { subject.scene.scope.filter != nil }

  /// The first menu: formats.
  func askFormat() -> [Response] {
    guard !formats.isEmpty else { return .refuse("nothing can be exported here") }
    guard trace.count > 0 else { return .refuse("there is no packet to export") }
    let keys = Self.keys(for: formats.map(\.name))
    let items = zip(formats, keys).map { format, key in
      Menu.Item(key, format.name, DisplayText(format.summary, style: .dim), .exportAs(format.name))
    }
    return [.choose(Menu(title: "Export as", items: items))]
  }

  /// The second: what of the trace; the prompt then has the whole line, with a name for the file.
  func askScope(_ format: String) -> [Response] {
    let keys: [ExportOrder.Scope: Unicode.Scalar] = [.packet: "p", .message: "m", .marked: "M", .shown: "s"]
    let items = ExportOrder.Scope.allCases.compactMap { scope -> Menu.Item? in
      guard let key = keys[scope], case .rows(let rows) = chosenRows(scope) else { return nil }
      let count = rows?.count ?? trace.count
      let order = ExportOrder(format, scope, file: proposedName(format, scope))
      let words = NumberText.count(count, "packet")
      return Menu.Item(
        key, scope.rawValue,
        DisplayText(words + " · " + (rows == nil ? "all of the trace" : scope.help), style: .dim),
        .ask(.instruction, order.text))
    }
    return [.choose(Menu(title: "Export what as \(format)", items: items))]
  }

  /// What was typed, or came out of the menus.
  func obey(_ order: ExportOrder) -> [Response] {
    guard formats.contains(where: { $0.name == order.format }) else {
      let names = formats.map(\.name).joined(separator: ", ")
      return .refuse("there is no format '\(order.format)'; the formats are \(names)")
    }
    let scope = order.scope ?? .shown
    guard let file = order.file else {
      var order = order
      order.scope = scope
      order.file = proposedName(order.format, scope)
      return [.ask(.instruction, order.text)]
    }
    switch chosenRows(scope) {
    case .none(let why): return .refuse(why)
    case .rows(let rows):
      let filter = scope == .shown && rows != nil ? findingFilter?.expression : nil
      let request = ExportRequest(
        format: order.format, rows: rows, filter: filter, redacts: order.redacts, file: file)
      return [.outside(.export(request, replaces: false))]
    }
  }

  // MARK: what

  private enum Chosen {
    case rows([UInt32]?)
    /// Why there is nothing.
    case none(String)
  }

  private func chosenRows(_ scope: ExportOrder.Scope) -> Chosen {
    let index = trace.index
    switch scope {
    case .packet:
      guard let row = subject.row else { return .none("no packet is selected") }
      return .rows(withMacros([row]))
    case .message:
      guard let row = subject.row else { return .none("no packet is selected") }
      guard let message = subject.mail else {
        return .none("packet \(index.number(at: row)) belongs to no mail")
      }
      return .rows(index.rows(ofMessage: message).map { UInt32($0) })
    case .marked:
      let marked = (0..<trace.count).filter { index[$0].flags.contains(.marked) }
      return marked.isEmpty ? .none("no packet has a mark; m marks one") : .rows(withMacros(marked))
    case .shown:
      guard isFiltered else { return trace.count > 0 ? .rows(nil) : .none("there is no packet to export") }
      let shown = (0..<rows.count).compactMap { line in
        if case .packet(let row) = rows[line] { row } else { nil }
      }
      return shown.isEmpty && !takesLoneFindings
        ? .none("no packets are shown") : .rows(withMacros(shown))
    }
  }

  /// The filter, where it asks about findings: it then chooses those about no packet, too.
  private var findingFilter: (expression: Expression, predicate: FindingPredicate)? {
    guard let expression = subject.scene.scope.filter?.expression else { return nil }
    return FindingPredicate(expression).map { (expression, $0) }
  }

  /// Whether the filter takes a finding that is about no packet.
  private var takesLoneFindings: Bool {
    guard let findings = findingFilter?.predicate else { return false }
    return trace.index.findings.contains { entry in
      guard entry.row == nil, let record = trace.source.record(at: entry.record) else { return false }
      return findings.matches(record, startedAt: trace.startedAt, utcOffset: trace.utcOffset)
    }
  }

  /// Macros belong to their command, as on the screen.
  private func withMacros(_ chosen: [Int]) -> [UInt32] {
    Set(chosen + chosen.flatMap { trace.index.macroRows(of: $0) }).sorted().map { UInt32($0) }
  }

  // MARK: names

  private func proposedName(_ format: String, _ scope: ExportOrder.Scope) -> String {
    let ending = formats.first { $0.name == format }.map { "." + $0.fileExtension } ?? ""
    let what: String
    switch scope {
    case .packet: what = subject.number.map { "-p\($0)" } ?? ""
    case .message:
      let entry = subject.mail.map { trace.messages[$0] }
      what = entry.map { "-c\(trace.connections[$0.connection].number).\($0.number)" } ?? ""
    case .marked: what = "-marked"
    case .shown: what = isFiltered ? "-shown" : ""
    }
    let name = stem + what + ending
    return Self.lastPart(originFile ?? "") == name ? stem + "-all" + ending : name
  }

  private var originFile: String? {
    switch trace.origin {
    case .live(_, _, let file), .attached(_, _, let file): file
    case .files(let files): files.first == "standard input" ? nil : files.first
    case .demo: nil
    }
  }

  /// The name of the trace without folder and endings, if it is a plain one.
  private var stem: String {
    guard let file = originFile else { return "session" }
    var name = Self.lastPart(file)
    for ending in [".gz", ".tar", ".tgz", ".mtrace", ".pcapng", ".pcap", ".cap"] where name.hasSuffix(ending)
    {
      name.removeLast(ending.count)
    }
    let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\"';\\".utf8.contains($0) }
    return isPlain && !name.isEmpty && !name.hasPrefix("-") ? name : "session"
  }

  private static func lastPart(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? ""
  }

  /// A letter each: the first, else the last, else any that is free.
  private static func keys(for names: [String]) -> [Unicode.Scalar] {
    var taken = Set<Unicode.Scalar>()
    return names.map { name in
      let letters = Array(name.unicodeScalars)
      let wanted =
        [letters.first, letters.last].compactMap { $0 } + letters
        + (97...122).map { Unicode.Scalar(UInt8($0)) }
      let key = wanted.first { !taken.contains($0) && !Menu.moving.contains($0) } ?? "?"
      taken.insert(key)
      return key
    }
  }
}
