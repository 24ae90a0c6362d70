// One input is a line of the language, tried as expression, statements and rules file, and as a pattern.
//
// Whatever the bytes, nothing may trap; what parses prints as text that parses to the same; completion at the end
// of the text stays inside it; both ways of following a pattern agree.

import CommandLanguage

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLanguage(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  if let expression = try? Expression(parsing: input) {
    check((try? Expression(parsing: expression.text)) == expression, "an expression prints as another")
    _ = Matcher(expression)
  }
  if let statements = try? Statement.parse(input) {
    let text = statements.map(\.text).joined(separator: "; ")
    check((try? Statement.parse(text)) == statements, "statements print as others")
  }
  _ = try? RuleFile.parse(input, name: "fuzz")
  let text = String(decoding: input, as: UTF8.self)
  for completion in [
    Completion.expression(text, at: text.utf8.count), Completion.statement(text, at: text.utf8.count),
  ] {
    check(completion.range.upperBound <= text.utf8.count, "a completion outside its text")
  }
  if input.count <= 64, let pattern = try? Pattern(input) {
    var effort = SearchEffort(left: .max, atMost: .max)
    check(
      pattern.isFound(in: input[...], &effort) == pattern.isFoundSlowly(in: input[...]).found,
      "table and machine disagree")
  }
  return 0
}

private func check(_ holds: Bool, _ sentence: StaticString) { precondition(holds, "\(sentence)") }
