import CommandLanguage
import Glibc
import ProxyRuntime
import TraceModel

/// Where rules come from: files and words of the command line, and what their instructions take from other files.
struct RuleSources: Sendable {
  let files: [String]
  let commands: [String]

  /// All of them, in order.
  ///
  /// - Parameters:
  ///   - waiting: takes the words for whoever waits for a pipe; nil where nothing may wait.
  ///   - doubt: takes a line about what may not be meant as it is written.
  func read(waiting tell: ((String) -> Void)? = nil, doubt: (String) -> Void) throws -> [Rule] {
    var rules: [Rule] = []
    for path in files {
      let text = try wholeFile(path, waiting: tell)
      do throws(RuleFile.Mistake) { rules += try RuleFile.rules(text, name: path) } catch {
        throw Failure(error.description, hint: Self.hint)
      }
    }
    for text in commands {
      do throws(RuleFile.Mistake) { rules += try RuleFile.rules(Array(text.utf8), name: "") } catch {
        // With a screen, what is no rule is for its prompt.
        throw Failure(error.error, in: "--command", hint: "without a screen " + Self.hint)
      }
    }
    for rule in rules { rule.doubts.forEach(doubt) }
    return try rules.map { rule in
      do {
        let inlined = try Self.inlined(rule, waiting: tell)
        for path in inlined.condition.emptyFiles { doubt(Self.placed("'\(path)' lists nothing", of: rule)) }
        return inlined
      } catch let cause as any Explained {
        throw Failure(Self.placed(cause.message, of: rule), hint: cause.hint)
      }
    }
  }

  /// As ``read()``, for a program that goes on: nil, and the reason said, where something is wrong.
  func reread(_ report: (String) -> Void) -> [Rule]? {
    do { return try read(doubt: report) } catch let cause as any Explained {
      report("\(cause.message); the rules stay as they were")
    } catch {
      report("\(error); the rules stay as they were")
    }
    return nil
  }

  static let hint = "a rule is such as: on rcpt do reject; mitmilter help instructions lists what can be done"

  private static func placed(_ words: String, of rule: Rule) -> String {
    rule.place.map { "\($0): \(words)" } ?? words
  }

  /// With the contents of the files that it names; the programs that it asks can be started.
  static func inlined(_ rule: Rule, waiting tell: ((String) -> Void)? = nil) throws -> Rule {
    for case .ask(let adviser) in rule.instructions {
      if case .program(let words) = adviser.place { try ensureProgram(words.first ?? "") }
    }
    let paths = Set(rule.instructions.flatMap(\.files) + rule.condition.files)
    if paths.isEmpty { return rule }
    var texts: [String: [UInt8]] = [:]
    for path in paths { texts[path] = try wholeFile(path, waiting: tell) }
    let mistakes = rule.condition.mistakes(in: texts)
    if let first = mistakes.first {
      let others = mistakes.count > 1 ? " (and \(mistakes.count - 1) more)" : ""
      throw Failure(
        "\(first.path), line \(first.line): expected \(first.wanted), there is \(Quoting.string(first.entry))\(others)"
      )
    }
    var inlined = rule
    // It goes on being called what it was, not by a whole body.
    inlined.name = rule.label
    inlined.condition = rule.condition.reading(texts) ?? rule.condition
    inlined.instructions = rule.instructions.compactMap { $0.inlining(texts) }
    return inlined
  }
}
