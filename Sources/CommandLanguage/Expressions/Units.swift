import MilterProtocol

/// Numbers with a unit, both ways.
package enum Units {
  /// Microseconds a unit, the largest first.
  private static let durations: [(suffix: String, microseconds: Int64)] = [
    ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1000), ("us", 1),
  ]

  /// Bytes a unit, the largest first; a thousand is 1024 here, as in an MTA's limits.
  private static let sizes: [(suffix: String, bytes: Int64)] = [
    ("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10),
  ]

  /// In the largest unit that divides it.
  package static func duration(_ microseconds: Int64) -> String {
    guard microseconds != 0 else { return "0s" }
    for (suffix, unit) in durations where microseconds % unit == 0 {
      return "\(microseconds / unit)\(suffix)"
    }
    return "\(microseconds)us"
  }

  /// In the largest unit that divides it.
  package static func size(_ bytes: Int64) -> String {
    guard bytes != 0 else { return "0" }
    for (suffix, unit) in sizes where bytes % unit == 0 { return "\(bytes / unit)\(suffix)" }
    return "\(bytes)"
  }

  /// A duration with its unit, in microseconds; nil where it is none.
  package static func microseconds(_ text: String) -> Int64? {
    guard case .duration(let microseconds)? = quantity(text) else { return nil }
    return microseconds
  }

  /// A size with its unit, in bytes; nil where it is none.
  package static func bytes(_ text: String) -> Int64? {
    guard case .size(let bytes)? = quantity(text) else { return nil }
    return bytes
  }

  enum Quantity: Equatable {
    case number(Int64)
    case size(Int64)
    case duration(Int64)
  }

  /// `12`, `1.5s`, `10k`; nil where it is none of these, has an unknown unit, or is too large.
  static func quantity(_ text: some StringProtocol) -> Quantity? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let suffix = text.dropFirst(digits.count)
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = parts.first.flatMap({ Int64($0) }), parts.count <= 2 else { return nil }
    if suffix.isEmpty { return parts.count == 1 ? .number(whole) : nil }
    if let unit = durations.first(where: { $0.suffix == suffix || (suffix == "µs" && $0.suffix == "us") }) {
      return scaled(whole, parts.dropFirst().first, by: unit.microseconds).map(Quantity.duration)
    }
    let wanted = suffix.lowercased()
    let unit = sizes.first { row in
      let letter = row.suffix.prefix(1).lowercased()
      return [letter, letter + "b", letter + "ib"].contains(wanted)
    }
    if let unit { return scaled(whole, parts.dropFirst().first, by: unit.bytes).map(Quantity.size) }
    return wanted == "b" && parts.count == 1 ? .size(whole) : nil
  }

  private static func scaled(_ whole: Int64, _ decimals: (some StringProtocol)?, by unit: Int64) -> Int64? {
    let (product, overflows) = whole.multipliedReportingOverflow(by: unit)
    guard !overflows else { return nil }
    guard let decimals else { return product }
    guard !decimals.isEmpty, decimals.count <= 6, let fraction = Int64(decimals) else { return nil }
    var scale: Int64 = 1
    for _ in 0..<decimals.count { scale *= 10 }
    let (sum, sumOverflows) = product.addingReportingOverflow(
      fraction * (unit / scale) + fraction * (unit % scale) / scale)
    return sumOverflows ? nil : sum
  }

  static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
