import MilterProtocol

/// Why an instruction was not carried out: an operator's slip, shown in the status line and recorded.
///
/// Nothing has changed where one is given.
package struct Refusal: Error, Equatable, Sendable {
  /// What was expected and what was there, in lower case, without a full stop.
  package var sentence: Sentence

  package init(_ sentence: Sentence) { self.sentence = sentence }

  package var reason: String { sentence.text }
}
