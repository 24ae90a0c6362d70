import TraceModel

/// Traces of one milter each, read as one: what each file's milter is called.
///
/// Its name is that of the file, `opendkim` of `/var/log/opendkim.mtrace.2.gz`; files of one milter, as those that one run writes one after
/// the other, share that of the first. Where all are of one milter, or of none that is known, nothing has a name.
struct FileTaps {
  /// By milter.
  private(set) var all: [Tap] = []
  private let byFile: [String?]

  init(_ heads: [TraceHead?], names: [String]) {
    var taps: [Tap] = []
    let milters = heads.map { $0.flatMap { $0.taps.isEmpty ? $0.milter : nil } }
    guard names.count == heads.count, Set(milters.compactMap(\.self)).count > 1 else {
      byFile = heads.map { _ in nil }
      return
    }
    byFile = heads.indices.map { place in
      guard let milter = milters[place] else { return nil }
      if let known = taps.first(where: { $0.milter == milter }) { return known.name }
      var name = Self.name(of: names[place])
      if !Tap.isName(name) || taps.contains(where: { $0.name == name }) { name = "milter-\(taps.count + 1)" }
      taps.append(Tap(name: name, listen: heads[place]?.listen ?? "", milter: milter))
      return name
    }
    all = taps
  }

  subscript(file: Int) -> String? { byFile[file] }

  /// Without the folder, and without what follows the first dot.
  private static func name(of path: String) -> String {
    String(path.split(separator: "/").last?.prefix { $0 != "." } ?? "")
  }
}
