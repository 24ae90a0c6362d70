/// A table of `smtpd_milter_maps`: which clients pass other milters than those of `smtpd_milters`, or none (from 3.2 on).
struct MilterMap {
  /// As main.cf has it: `cidr:/etc/postfix/no-milter`.
  let name: String
  /// nil where it cannot be read as text.
  let rows: [(client: String, milters: String)]?

  /// - Parameter reading: the text of a file; nil where it cannot be read.
  init(_ name: String, reading: (String) -> String?) {
    self.name = name
    guard let colon = name.firstIndex(of: ":"), Self.types.contains(String(name[..<colon])),
      let text = reading(String(name[name.index(after: colon)...]))
    else {
      rows = nil
      return
    }
    rows = PostfixLines.logical(text).compactMap { line in
      let words = line.text.split(maxSplits: 1, whereSeparator: \.isBlank)
      return words.count == 2 ? (String(words[0]), String(words[1].trimmed)) : nil
    }
  }

  /// Tables whose source is a text of lines with a client and its milters; of those that `postmap` makes it lies beside them.
  private static let types: Set = [
    "cidr", "regexp", "pcre", "texthash", "hash", "btree", "lmdb", "cdb", "dbm", "sdbm",
  ]

  /// `DISABLE` in any case of letters (`smtpd_milter_maps` in postconf(5); smtpd 3.7 compares with strcasecmp).
  static func turnsOff(_ milters: String) -> Bool { milters.uppercased() == "DISABLE" }
}

extension PostfixCheckup {
  /// Who passes other milters than the table above says.
  mutating func checkMaps() {
    let names = configuration.services.filter { $0.program == "smtpd" }
      .flatMap { PostfixLines.words(configuration.value("smtpd_milter_maps", at: $0), commas: true) }
    var told: [String] = []
    for name in names where !told.contains(name) {
      told.append(name)
      let map = MilterMap(name, reading: { machine.text(of: $0) })
      guard let rows = map.rows else {
        diagnosis.cannotSee(
          "smtpd_milter_maps: what \(name) has for a client; postmap -q ADDRESS \(name) asks it")
        continue
      }
      var lines = rows.prefix(Self.shownRows).map { row in
        [row.client, MilterMap.turnsOff(row.milters) ? "none: DISABLE" : row.milters]
      }
      if rows.count > Self.shownRows { lines.append(["…", "\(rows.count - Self.shownRows) more"]) }
      diagnosis.show("Clients with milters of their own, by \(name)", lines)
      for row in rows where !MilterMap.turnsOff(row.milters) { check(row.milters, of: row.client, in: name) }
    }
  }

  private static var shownRows: Int { 20 }

  private mutating func check(_ milters: String, of client: String, in map: String) {
    for milter in PostfixMilter.list(milters) {
      guard case .wrong(_, let meant) = PostfixEndpoint(milter.address) else { continue }
      diagnosis.add(
        Fault(
          "spelling", at: map, "Postfix does not take the address '\(milter.address)' that \(client) has",
          why: "these clients get 451 4.3.5 Server configuration problem, or are hung up on",
          mend: meant.map { [Remedy(.words, "\(client) \($0.postfixForm)")] } ?? []))
    }
  }
}
