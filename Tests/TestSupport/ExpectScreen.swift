import Cells
import Foundation
import Testing

/// Holds `frame` against `Fixtures/<name>.screen` of the test target that calls it.
///
/// With `MITMILTER_RECORD_SCREENS=1` in the environment the file is written instead, and the test fails on purpose:
/// a recorded screen counts once somebody has read its diff.
package func expectScreen(
  _ frame: Frame, _ name: String, file: String = #filePath,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let got = ScreenText(frame)
  let path = fixtures(besides: file) + "/\(name).screen"
  if ProcessInfo.processInfo.environment["MITMILTER_RECORD_SCREENS"] == "1" {
    do {
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try got.description.write(toFile: path, atomically: true, encoding: .utf8)
      Issue.record(
        "recorded \(name).screen; read its diff, then run without recording", sourceLocation: sourceLocation)
    } catch {
      Issue.record("cannot record \(path): \(error)", sourceLocation: sourceLocation)
    }
    return
  }
  guard let data = FileManager.default.contents(atPath: path) else {
    Issue.record(
      "no \(name).screen; MITMILTER_RECORD_SCREENS=1 swift test --filter … records it. Got:\n\(got)",
      sourceLocation: sourceLocation)
    return
  }
  let expected = ScreenText(lines: String(decoding: data, as: UTF8.self).fixtureLines)
  if expected != got {
    Issue.record(
      "\(name).screen differs\n\(ScreenText.sideBySide(expected: expected, got: got))",
      sourceLocation: sourceLocation)
  }
}

/// `Fixtures` of the test target that `file` belongs to, whatever folder of the target it lies in.
private func fixtures(besides file: String) -> String {
  var folder = (file as NSString).deletingLastPathComponent
  while !folder.hasSuffix("Tests"), folder.count > 1 {
    folder = (folder as NSString).deletingLastPathComponent
  }
  return folder + "/Fixtures"
}

extension String {
  fileprivate var fixtureLines: [String] {
    var lines = split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}
