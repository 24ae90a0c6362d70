/// Numbers for people.
package enum NumberText {
  /// `1,234,567`.
  package static func grouped(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var at = digits.count - 3
    while at > 0 {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: at))
      at -= 3
    }
    return (value < 0 ? "-" : "") + digits
  }

  /// `820 B`, `14 kB`, `3.2 MB`.
  package static func bytes(_ count: Int) -> String {
    if count < 1000 { return "\(count) B" }
    for (unit, name) in [(1000, "kB"), (1_000_000, "MB"), (1_000_000_000, "GB")] where count < unit * 1000 {
      let tenths = (count * 10 + unit / 2) / unit
      return tenths < 100 ? "\(tenths / 10).\(tenths % 10) \(name)" : "\(tenths / 10) \(name)"
    }
    return "\(count / 1_000_000_000) GB"
  }

  /// `1 header`, `3 headers`.
  package static func count(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(grouped(count)) \(count == 1 ? one : many ?? one + "s")"
  }
}
