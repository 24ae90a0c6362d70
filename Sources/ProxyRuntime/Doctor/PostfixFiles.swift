import Glibc
import MTAConfiguration
import MilterProtocol

/// Postfix's configuration as this machine has it: the files, and what `postconf` makes of them where it is there.
package struct PostfixFiles {
  package static let usualFolder = "/etc/postfix"

  package let configuration: PostfixConfiguration
  /// What could not be looked at, and why.
  package let unseen: [String]

  /// - Parameter place: the folder, or `main.cf` in it.
  package init(_ place: String) throws(FileFailure) {
    let folder = Self.folder(place)
    let main = String(decoding: try wholeFile(folder + "/main.cf", limit: 4 << 20), as: UTF8.self)
    var unseen: [String] = []
    var master = ""
    do throws(FileFailure) {
      master = String(decoding: try wholeFile(folder + "/master.cf", limit: 4 << 20), as: UTF8.self)
    } catch {
      unseen.append("services and their -o overrides: \(error.message)")
    }
    let postconf = Self.postconf(folder, &unseen)
    configuration = PostfixConfiguration(main: main, master: master, postconf: postconf)
    self.unseen = unseen
  }

  private static func folder(_ place: String) -> String {
    var place = place[...]
    if place.hasSuffix("/main.cf") { place = place.dropLast("/main.cf".count) }
    while place.count > 1, place.hasSuffix("/") { place = place.dropLast() }
    return place.isEmpty ? "/" : String(place)
  }

  /// What `postconf` prints of all parameters; nil where it cannot be asked.
  private static func postconf(_ folder: String, _ unseen: inout [String]) -> String? {
    let places = ["/usr/sbin/postconf", "/usr/local/sbin/postconf", "/usr/bin/postconf"]
    guard let program = places.first(where: { access($0, X_OK) == 0 }) else {
      unseen.append("defaults of this Postfix: postconf is not here, those of Postfix 3.7 are taken")
      return nil
    }
    guard let ran = ProgramOutput.run(program, ["-c", folder], until: Due(within: .seconds(10))) else {
      unseen.append(
        "postconf -c \(folder) did not answer within 10 s; only the files were read")
      return nil
    }
    guard ran.succeeded else {
      let words = ran.complaints.prefix { $0 != "\n" }
      unseen.append("postconf -c \(folder) says '\(words)'; only the files were read")
      return nil
    }
    return ran.output
  }
}
