import ArgumentParser
import CommandLanguage
import Comparison
import ProxyRuntime
import TraceFormat

/// How two traces are compared, and how that is told.
struct ComparingOptions: ParsableArguments {
  @OptionGroup var basis: ComparisonBasis

  @Flag(help: "A line of JSON for each difference; see mitmilter help diff.")
  var json = false

  /// Prints what differs.
  func report(
    _ first: ComparedTrace, _ second: ComparedTrace, named names: (String, String)
  ) -> ComparisonTally {
    let output = Output()
    defer { output.flush() }
    if json {
      let tally = Comparison(first, second).run { pair, differences in
        for difference in differences { output.append { DifferenceJSON.append(difference, pair, to: &$0) } }
      } times: { differences in
        for difference in differences { output.append { DifferenceJSON.append(difference, nil, to: &$0) } }
      }
      output.append { DifferenceJSON.append(tally, to: &$0) }
      return tally
    }
    var text = DifferenceText(first: names.0, second: names.1)
    let tally = Comparison(first, second).run { pair, differences in
      output.write(text.text(pair, differences))
    } times: { differences in
      output.write(text.text(times: differences))
    }
    output.write(DifferenceText.text(tally))
    return tally
  }
}

/// What of two traces is compared.
struct ComparisonBasis: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Leave out differences at packets that this takes; can be given again.", valueName: "expression"))
  var ignore: [String] = []

  @Flag(help: "Compare what was found while it was recorded, not anew; for traces that are redacted or cut.")
  var recorded = false

  /// All of a trace or a capture.
  func read(_ path: String) throws(FileFailure) -> TraceFileReader {
    let reader = try TraceFileReader(path: path, isJudged: !recorded)
    while try reader.advance() == .grew {}
    return reader
  }

  func expressions() throws(Failure) -> [Expression] {
    var expressions: [Expression] = []
    for text in ignore {
      do { expressions.append(try Expression(parsing: text)) } catch {
        throw Failure(error, in: "--ignore", hint: "mitmilter help filters lists the terms")
      }
    }
    return expressions
  }

  func compared(_ reader: TraceFileReader, _ expressions: [Expression]) -> ComparedTrace {
    var ignored: Set<Int> = []
    for expression in expressions {
      let selection = PacketSelection(expression, utcOffset: Clock.localOffset)
      selection.catchUp(with: reader)
      ignored.formUnion(selection.rows.lazy.map { Int($0) })
    }
    return ComparedTrace(reader, ignoring: ignored)
  }

  /// Where one of them is redacted, words that nobody can know again count by their shape.
  ///
  /// - Returns: what to say about it; nil where none is.
  static func adjust(_ first: inout ComparedTrace, _ second: inout ComparedTrace) -> String? {
    guard first.isRedacted || second.isRedacted else { return nil }
    let shapes = PacketShapes(language: .own)
    first.shape = shapes.shape
    second.shape = shapes.shape
    return "words of a redacted trace are compared by their shape"
  }
}
