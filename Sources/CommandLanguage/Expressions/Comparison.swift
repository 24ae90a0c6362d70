/// How a term's value is compared with what stands to the right.
package enum Comparison: String, Equatable, Sendable, CaseIterable {
  case equal = "=="
  /// The value is there and differs; where there are several, all differ.
  case notEqual = "!="
  case less = "<"
  case atMost = "<="
  case greater = ">"
  case atLeast = ">="
  case contains
  case startsWith = "startswith"
  case endsWith = "endswith"
  /// A regular expression is found in it.
  case matches = "~"
  case `in`

  var doc: String {
    switch self {
    case .equal: "is"
    case .notEqual: "is there, and is not"
    case .less: "less than"
    case .atMost: "at most"
    case .greater: "more than"
    case .atLeast: "at least"
    case .contains: "has it in it"
    case .startsWith: "begins with it"
    case .endsWith: "ends with it"
    case .matches: "the regular expression is found in it"
    case .in: "is one of a list, in a range, or in a network"
    }
  }
}
