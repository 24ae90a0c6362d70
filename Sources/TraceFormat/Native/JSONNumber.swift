/// Numbers of a trace from their digits; nil for what is out of range or no number.
enum JSONNumber {
  static func whole(_ digits: Span<UInt8>) -> Int? {
    guard digits.count > 0 else { return nil }
    let isNegative = digits[0] == UInt8(ascii: "-")
    guard let (magnitude, end) = magnitude(digits, from: isNegative ? 1 : 0), end == digits.count else {
      return nil
    }
    return signed(magnitude, isNegative).flatMap { Int(exactly: $0) }
  }

  /// Seconds as microseconds, exactly: `1.5`, `12.000001`, also `1e-06` as other writers have it. Digits beyond the
  /// sixth decimal are dropped.
  static func microseconds(_ digits: Span<UInt8>) -> Int64? {
    guard digits.count > 0 else { return nil }
    let isNegative = digits[0] == UInt8(ascii: "-")
    guard var (value, offset) = magnitude(digits, from: isNegative ? 1 : 0) else { return nil }
    var scale = 6
    if offset < digits.count, digits[offset] == UInt8(ascii: ".") {
      offset += 1
      while offset < digits.count, let digit = digit(digits[offset]) {
        if scale > 0 {
          guard let next = shifted(value, digit) else { return nil }
          value = next
          scale -= 1
        }
        offset += 1
      }
    }
    if offset < digits.count, digits[offset] == UInt8(ascii: "e") || digits[offset] == UInt8(ascii: "E") {
      guard let exponent = exponent(digits, from: offset + 1) else { return nil }
      scale += exponent
    } else if offset != digits.count {
      return nil
    }
    return scaled(value, by: scale).flatMap { signed($0, isNegative) }
  }

  /// The digits from `start` on, at least one, and where they end.
  private static func magnitude(_ digits: Span<UInt8>, from start: Int) -> (UInt64, end: Int)? {
    var value: UInt64 = 0
    var offset = start
    while offset < digits.count, let digit = digit(digits[offset]) {
      guard let next = shifted(value, digit) else { return nil }
      value = next
      offset += 1
    }
    return offset > start ? (value, offset) : nil
  }

  private static func exponent(_ digits: Span<UInt8>, from start: Int) -> Int? {
    guard start < digits.count else { return nil }
    let sign = digits[start]
    let hasSign = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
    guard let (value, end) = magnitude(digits, from: hasSign ? start + 1 : start), end == digits.count,
      value < 1000
    else { return nil }
    return sign == UInt8(ascii: "-") ? -Int(value) : Int(value)
  }

  private static func scaled(_ value: UInt64, by power: Int) -> UInt64? {
    var value = value
    if value == 0 { return 0 }
    for _ in 0..<min(max(power, 0), 20) {
      guard let next = shifted(value, 0) else { return nil }
      value = next
    }
    for _ in 0..<min(max(-power, 0), 20) { value /= 10 }
    return power > 20 ? nil : value
  }

  private static func shifted(_ value: UInt64, _ digit: UInt64) -> UInt64? {
    let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
    let (sum, carry) = tenfold.addingReportingOverflow(digit)
    return overflow || carry ? nil : sum
  }

  private static func signed(_ magnitude: UInt64, _ isNegative: Bool) -> Int64? {
    guard isNegative else { return Int64(exactly: magnitude) }
    return magnitude == Int64.min.magnitude ? .min : Int64(exactly: magnitude).map { -$0 }
  }

  private static func digit(_ byte: UInt8) -> UInt64? {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? UInt64(byte - UInt8(ascii: "0")) : nil
  }
}
