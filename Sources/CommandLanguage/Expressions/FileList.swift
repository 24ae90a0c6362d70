/// A list that is kept in a file, an entry a line: `in @addresses.txt`.
///
/// Whoever is given the rule reads the file; an expression has none.
package struct FileList: Equatable, Sendable {
  /// As it is written.
  package let path: String
  /// nil until somebody has read them.
  package private(set) var entries: [[UInt8]]?

  package init(path: String) { self.path = path }

  /// Blanks around an entry, empty lines, and lines that begin with `#` say nothing.
  mutating func read(_ bytes: [UInt8]) {
    entries = bytes.split(separator: 0x0A).compactMap { line in
      let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
      var entry = line.drop(while: isBlank)
      while let last = entry.last, isBlank(last) { entry.removeLast() }
      return entry.isEmpty || entry.first == UInt8(ascii: "#") ? nil : Array(entry)
    }
  }
}

extension Expression {
  /// The files whose entries it asks for; whoever gives the expression reads them.
  package var files: [String] {
    switch self {
    case .compare(_, _, .file(let list)): [list.path]
    case .not(let member): member.files
    case .and(let members), .or(let members): members.flatMap(\.files)
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
