import CLinux
import Glibc
import MilterProtocol

/// The program `openssl`, which verifies signatures for us: there is no cryptography with keys in this program.
///
/// What it reads is handed over as files that have no name and end with us.
package struct OpenSSL {
  private let program: String

  /// Of all that is asked of it, a question takes milliseconds.
  private static let patience = Moment.Span.seconds(10)

  package init() throws(FileFailure) {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/usr/local/bin"
    let programs = path.split(separator: ":").filter { $0.hasPrefix("/") }.map { String($0) + "/openssl" }
    guard let program = programs.first(where: { access($0, X_OK) == 0 }) else {
      throw FileFailure(
        "--dkim-key: signatures are verified by the program openssl, and there is none in PATH",
        hint: "install it (apt-get install openssl), or leave --dkim-key out")
    }
    self.program = program
  }

  /// A public or private key in PEM.
  package struct Key {
    package let pem: [UInt8]
    package let isPrivate: Bool

    package init(pem: [UInt8], isPrivate: Bool) { (self.pem, self.isPrivate) = (pem, isPrivate) }
  }

  package enum Kind { case rsa, ed25519 }

  /// What kind of key that is; nil where it is neither, or none.
  package func kind(of key: Key) throws(FileFailure) -> Kind? {
    let said = try run(["pkey", "-noout", "-text_pub"], key) { ["-in", $0] }
    guard said.succeeded else { return nil }
    if said.output.contains("ED25519") { return .ed25519 }
    return said.output.contains("Modulus") ? .rsa : nil
  }

  /// Whether that key signed that SHA-256: RSASSA-PKCS1-v1_5 (RFC 6376 section 3.3), or Ed25519 over the bytes of the digest
  /// (RFC 8463 section 3).
  package func verifies(
    _ signature: [UInt8], of digest: [UInt8], with key: Key, _ kind: Kind
  ) throws(FileFailure) -> Bool {
    let form = kind == .rsa ? ["-pkeyopt", "digest:sha256"] : ["-rawin"]
    let files = [try MemoryFile(signature), try MemoryFile(digest)]
    let said = try run(["pkeyutl", "-verify"] + form, key) {
      ["-inkey", $0, "-sigfile", files[0].path, "-in", files[1].path]
    }
    withExtendedLifetime(files) {}
    if said.succeeded { return true }
    if said.output.contains("Verification Failure") { return false }
    // A signature that has the wrong length is no failure of verification to some versions.
    if said.complaints.contains("signature") || said.complaints.isEmpty { return false }
    throw FileFailure(
      "openssl pkeyutl says '\(InertText.string(escaping: Array(said.complaints.prefix { $0 != "\n" }.utf8)))'",
      hint: "version 3.0 or later is expected: openssl version")
  }

  private func run(
    _ words: [String], _ key: Key, _ files: (String) -> [String]
  ) throws(FileFailure) -> ProgramOutput {
    let file = try MemoryFile(key.pem)
    let arguments = words + (key.isPrivate ? [] : ["-pubin"]) + files(file.path)
    let ran = ProgramOutput.run(program, arguments, until: Due(within: Self.patience))
    withExtendedLifetime(file) {}
    guard let ran else { throw FileFailure("\(program) did not answer within 10 s") }
    return ran
  }
}

/// Bytes as a file that only we and what we start can open.
private final class MemoryFile {
  private let descriptor: Int32

  /// For a child: descriptors have the same numbers there.
  var path: String { "/proc/self/fd/\(descriptor)" }

  init(_ bytes: [UInt8]) throws(FileFailure) {
    descriptor = linux_memory_file("mitmilter")
    guard descriptor >= 0 else { throw FileFailure("no memory for a key", code: errno) }
    // What has no disk behind it takes all or nothing.
    guard write(descriptor, bytes, bytes.count) == bytes.count else {
      throw FileFailure("no memory for a key", code: errno)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
