/// A list that is kept in a file, an entry a line: `in @addresses.txt`.
///
/// Whoever is given the rule reads the file; an expression has none.
package struct FileList: Equatable, Sendable {
  /// As it is written.
  package let path: String
  /// nil until somebody has read them.
  package private(set) var entries: [[UInt8]]?

  package init(path: String) { self.path = path }

  mutating func read(_ bytes: [UInt8]) { entries = Self.lines(of: bytes).map { Array($0.entry) } }

  /// Blanks around an entry, empty lines, and lines that begin with `#` say nothing.
  private static func lines(of bytes: [UInt8]) -> [(number: Int, entry: ArraySlice<UInt8>)] {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
    return bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated().compactMap { line in
      var entry = line.element.drop(while: isBlank)
      while let last = entry.last, isBlank(last) { entry.removeLast() }
      return entry.isEmpty || entry.first == UInt8(ascii: "#") ? nil : (line.offset + 1, entry)
    }
  }

  /// What is wrong with the file: entries that no value of the term can be.
  fileprivate func mistakes(in bytes: [UInt8], for type: ValueType) -> [Mistake] {
    Self.lines(of: bytes).compactMap { number, entry in
      let wanted = Self.wanted(entry, type)
      return wanted.map { Mistake(path: path, line: number, entry: Array(entry), wanted: $0) }
    }
  }

  /// What an entry should be that is not; nil where nothing is wrong with it.
  private static func wanted(_ entry: ArraySlice<UInt8>, _ type: ValueType) -> String? {
    if type != .bytes, entry.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
      return "a text without control characters"
    }
    switch type {
    case .address
    where Network(entry) == nil && entry.first != UInt8(ascii: "/") && !entry.elementsEqual("unknown".utf8):
      return "an address or a network, such as 192.0.2.7 or 192.0.2.0/24"
    case .mailbox
    where !entry.contains(UInt8(ascii: "\""))
      && entry.contains(where: { $0 == 0x20 || $0 == UInt8(ascii: ",") }):
      return "one address a line"
    default: return nil
    }
  }

  /// An entry of a file that no value can be.
  package struct Mistake: Equatable, Sendable {
    package let path: String
    /// From 1.
    package let line: Int
    package let entry: [UInt8]
    /// `an address or a network, such as 192.0.2.7 or 192.0.2.0/24`
    package let wanted: String
  }
}

extension Expression {
  /// The files whose entries it asks for; whoever gives the expression reads them.
  package var files: [String] { lists.map(\.list.path) }

  /// What is wrong with those files.
  package func mistakes(in contents: [String: [UInt8]]) -> [FileList.Mistake] {
    lists.flatMap { list, type in contents[list.path].map { list.mistakes(in: $0, for: type) } ?? [] }
  }

  /// Those of its files that list nothing.
  package var emptyFiles: [String] { lists.filter { $0.list.entries == [] }.map(\.list.path) }

  private var lists: [(list: FileList, type: ValueType)] {
    switch self {
    case .compare(let field, _, .file(let list)): [(list, field.term.type)]
    case .not(let member): member.lists
    case .and(let members), .or(let members): members.flatMap(\.lists)
    case .holds, .compare, .search: []
    }
  }

  /// The same with the entries of its files; nil where one is missing from `contents`.
  package func reading(_ contents: [String: [UInt8]]) -> Expression? {
    mapLists { list, _ in
      guard let bytes = contents[list.path] else { return nil }
      var list = list
      list.read(bytes)
      return .file(list)
    }
  }

  /// The same with its lists written out, for whoever does not have the files.
  package var spelledOut: Expression {
    mapLists { list, type in
      let entries = list.entries ?? []
      let networks = type == .text || type == .address ? entries.compactMap { Network($0) } : []
      return .list(entries.map(Literal.text) + networks.map(Literal.network))
    } ?? self
  }

  private func mapLists(_ change: (FileList, ValueType) -> Literal?) -> Expression? {
    func all(_ members: [Expression]) -> [Expression]? {
      let changed = members.compactMap { $0.mapLists(change) }
      return changed.count == members.count ? changed : nil
    }
    switch self {
    case .compare(let field, let comparison, .file(let list)):
      return change(list, field.term.type).map { .compare(field, comparison, $0) }
    case .not(let member): return member.mapLists(change).map(Expression.not)
    case .and(let members): return all(members).map(Expression.and)
    case .or(let members): return all(members).map(Expression.or)
    case .holds, .compare, .search: return self
    }
  }
}
