import MilterProtocol

/// A table of `smtpd_milter_maps`: which clients pass other milters than those of `smtpd_milters`, or none (from 3.2 on).
struct MilterMap {
  /// As main.cf has it: `cidr:/etc/postfix/no-milter`.
  let name: String
  /// nil where it cannot be read as text.
  let rows: [(client: String, milters: String)]?
  /// Lines that Postfix warns of and skips.
  private(set) var skipped: [Skipped] = []

  struct Skipped: Equatable {
    let line: Int
    let text: String
    /// `the mask has too many bits`
    let reason: String
    /// The line as it was meant, where that shows.
    var meant: String?
  }

  /// - Parameter reading: the text of a file; nil where it cannot be read.
  init(_ name: String, reading: (String) -> String?) {
    self.name = name
    guard let colon = name.firstIndex(of: ":"), Self.types.contains(String(name[..<colon])),
      let text = reading(String(name[name.index(after: colon)...]))
    else {
      rows = nil
      return
    }
    let isCIDR = name.hasPrefix("cidr:")
    var rows: [(client: String, milters: String)] = []
    for line in PostfixLines.logical(text) {
      let words = line.text.split(maxSplits: 1, whereSeparator: \.isBlank).map { String($0.trimmed) }
      if isCIDR, ["if", "endif"].contains(words[0].lowercased()) { continue }
      let skipped =
        words.count < 2
        ? Skipped(line, "it has no milters behind the client") : isCIDR ? Self.mistake(line, words) : nil
      if let skipped { self.skipped.append(skipped) } else { rows.append((words[0], words[1])) }
    }
    self.rows = rows
  }

  /// What is wrong with the network of a line of a `cidr` table (`cidr_match_parse` in Postfix; texts seen with 3.7.11).
  private static func mistake(_ line: PostfixLines.Line, _ words: [String]) -> Skipped? {
    let plain = words[0].drop { $0 == "!" }
    let parts = plain.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let host = parts[0].hasPrefix("[") && parts[0].hasSuffix("]") ? parts[0].dropFirst().dropLast() : parts[0]
    guard let address = IPAddress(Array(host.utf8)[...]) else {
      return Skipped(line, "a cidr table takes addresses and networks, and '\(words[0])' is neither")
    }
    guard parts.count > 1 else { return nil }
    let most = address.isIPv4 ? 32 : 128
    guard let bits = Int(parts[1]), (0...most).contains(bits) else {
      return Skipped(line, "a network of this family has 0 to \(most) bits")
    }
    let (network, width) = (address.masked(to: bits), "/\(bits)")
    if network == address { return nil }
    var skipped = Skipped(line, "bits of the address are set that the mask leaves out")
    skipped.meant = "\(network.text)\(width) \(words[1])"
    return skipped
  }

  /// Tables whose source is a text of lines with a client and its milters; of those that `postmap` makes it lies beside them.
  private static let types: Set = [
    "cidr", "regexp", "pcre", "texthash", "hash", "btree", "lmdb", "cdb", "dbm", "sdbm",
  ]

  /// `DISABLE` in any case of letters (`smtpd_milter_maps` in postconf(5); smtpd 3.7 compares with strcasecmp).
  static func turnsOff(_ milters: String) -> Bool { milters.uppercased() == "DISABLE" }
}

extension MilterMap.Skipped {
  fileprivate init(_ line: PostfixLines.Line, _ reason: String) {
    self.init(line: line.number, text: line.text, reason: reason)
  }
}

extension Fault {
  fileprivate init(_ skipped: MilterMap.Skipped, of map: String) {
    self.init(
      "map-line", at: "\(map), line \(skipped.line)",
      "Postfix skips the line '\(skipped.text)': \(skipped.reason)",
      why: "the clients that it is meant for pass the milters of smtpd_milters",
      mend: [Remedy(.words, skipped.meant ?? "write the line as CLIENT DISABLE, or CLIENT and its milters")])
  }
}

extension IPAddress {
  /// With the bits behind the first so many cleared, counted within its family.
  fileprivate func masked(to bits: Int) -> IPAddress {
    let kept = isIPv4 ? bits + 96 : bits
    func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : .max << UInt64(64 - bits) }
    return IPAddress(high: high & mask(kept), low: low & mask(kept - 64), isIPv4: isIPv4)
  }
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
      for skipped in map.skipped { diagnosis.add(Fault(skipped, of: name)) }
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
