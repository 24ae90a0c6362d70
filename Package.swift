// swift-tools-version: 6.2
import PackageDescription

/// Every target builds in Swift 6 language mode and without a single warning.
/// A release build leaves out the run-time checks of exclusive access: they cost 2,300 of the 16,000 instructions of a
/// packet that passes (callgrind). What the compiler can prove is still proven, and debug builds and the tests check the rest.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// The pure targets also have every unsafe operation spelled `unsafe`.
let pure: [SwiftSetting] = strict + [.strictMemorySafety()]

/// Of what no packet comes through on its way, size counts more than speed: it is a tenth sooner built.
let small: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// The C parts are small and see bytes of strangers only through zlib, iconv and curses; what the compiler can guard is guarded.
let strictC: [CSetting] = [
  .treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra"),
  .unsafeFlags(["-fstack-protector-strong"]),
  .define("_FORTIFY_SOURCE", to: "2", .when(configuration: .release)),
]

/// What the build of a package says of itself (`--version`). A plain build says nothing, and stays the same whatever was
/// committed meanwhile.
let stamps: [CSetting] = ["MITMILTER_COMMIT", "MITMILTER_BUILD"].compactMap { name in
  Context.environment[name].map { .define(name, to: "\"\($0)\"") }
}

/// Nothing of the program can be written to once it runs but its data.
let hardened: [LinkerSetting] = [
  .unsafeFlags(["-Xlinker", "-z", "-Xlinker", "relro", "-Xlinker", "-z", "-Xlinker", "now"])
]

let package = Package(
  name: "mitmilter",
  products: [.executable(name: "mitmilter", targets: ["mitmilter"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // Pure targets: standard library only, no I/O, no clock.
    .target(name: "CBlocks", cSettings: strictC),
    .target(name: "CAbout", cSettings: strictC + stamps),
    .target(name: "MilterProtocol", dependencies: ["CBlocks"], swiftSettings: pure),
    .target(name: "Dialogue", dependencies: ["MilterProtocol"], swiftSettings: pure),
    .target(
      name: "Sending", dependencies: ["Comparison", "Dialogue", "TraceModel", "Mail", "MilterProtocol"],
      swiftSettings: pure + small),
    .target(
      name: "Conformance", dependencies: ["Sending", "Dialogue", "TraceModel", "MilterProtocol"],
      swiftSettings: pure + small),
    .target(name: "Signatures", dependencies: ["MilterProtocol"], swiftSettings: pure),
    .target(
      name: "Findings", dependencies: ["Dialogue", "Signatures", "MilterProtocol"], swiftSettings: pure),
    .target(name: "LogLines", dependencies: ["MilterProtocol"], swiftSettings: pure),
    .target(name: "TraceModel", dependencies: ["MilterProtocol"], swiftSettings: pure),
    .target(
      name: "Timeline", dependencies: ["Dialogue", "TraceModel", "MilterProtocol"], swiftSettings: pure),
    .target(name: "Mail", dependencies: ["TraceModel", "MilterProtocol"], swiftSettings: pure),
    .target(
      name: "Delivery",
      dependencies: ["Dialogue", "LogLines", "Timeline", "TraceModel", "Signatures", "MilterProtocol"],
      swiftSettings: pure + small),
    .target(
      name: "Comparison", dependencies: ["Dialogue", "Timeline", "TraceModel", "MilterProtocol"],
      swiftSettings: pure + small),
    .target(
      name: "TraceFormat",
      dependencies: [
        "Dialogue", "Findings", "Timeline", "TraceModel", "Mail", "Signatures", "Delivery", "MilterProtocol",
        "CBlocks",
      ],
      swiftSettings: pure),
    .target(
      name: "CommandLanguage", dependencies: ["TraceModel", "Mail", "MilterProtocol"],
      swiftSettings: pure),
    .target(
      name: "ProxyCore",
      dependencies: [
        "Conformance", "Dialogue", "Findings", "Timeline", "TraceModel", "Mail", "CommandLanguage",
        "MilterProtocol",
      ],
      swiftSettings: pure),
    .target(name: "MTAConfiguration", dependencies: ["MilterProtocol"], swiftSettings: pure + small),
    .target(name: "Cells", dependencies: ["MilterProtocol"], swiftSettings: pure),
    .target(
      name: "ConsoleUI",
      dependencies: [
        "Cells", "Comparison", "Dialogue", "Findings", "LogLines", "Timeline", "TraceModel", "Mail",
        "Signatures", "Delivery", "CommandLanguage", "MilterProtocol",
      ],
      swiftSettings: pure + small),

    // Targets with I/O.
    .target(
      name: "ProxyRuntime",
      dependencies: [
        "ProxyCore", "TraceFormat", "Dialogue", "Findings", "MTAConfiguration", "Timeline", "TraceModel",
        "Mail", "Comparison", "Sending", "CommandLanguage", "MilterProtocol", "CLinux",
      ], swiftSettings: strict),
    .target(name: "TerminalDriver", dependencies: ["Cells", "CNcurses"], swiftSettings: strict + small),
    .target(name: "CLinux", cSettings: strictC, linkerSettings: [.linkedLibrary("z")]),
    .target(
      name: "CNcurses",
      cSettings: strictC,
      linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),

    .executableTarget(
      name: "mitmilter",
      dependencies: [
        "MilterProtocol", "Delivery", "Dialogue", "Timeline", "TraceModel", "TraceFormat", "LogLines",
        "Comparison", "CommandLanguage", "ProxyCore", "ConsoleUI", "MTAConfiguration", "Sending", "Mail",
        "Conformance", "Signatures", "ProxyRuntime", "TerminalDriver", "CLinux", "CAbout",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict + small, linkerSettings: hardened),

    // Tests.
    .target(
      name: "TestSupport",
      dependencies: [
        "MilterProtocol", "Dialogue", "Findings", "Timeline", "TraceModel", "TraceFormat", "CommandLanguage",
        "ProxyCore",
        "Cells",
      ],
      path: "Tests/TestSupport", swiftSettings: strict),
    tests("MilterProtocol", hasFixtures: true),
    tests("Dialogue", also: ["MilterProtocol"]),
    tests("Findings", also: ["Dialogue", "MilterProtocol"], hasFixtures: true),
    tests("Sending", also: ["Dialogue", "TraceModel", "MilterProtocol"], hasFixtures: true),
    tests("Conformance", also: ["ProxyCore", "Sending", "Dialogue", "TraceModel", "MilterProtocol"]),
    tests("Signatures", also: ["MilterProtocol"]),
    tests("LogLines", also: ["MilterProtocol"]),
    tests("TraceModel", also: ["MilterProtocol"]),
    tests("Timeline", also: ["Dialogue", "TraceModel", "MilterProtocol"]),
    tests("Mail", also: ["TraceModel", "MilterProtocol"]),
    tests("Comparison", also: ["Timeline", "TraceModel", "MilterProtocol"]),
    tests("Delivery", also: ["Timeline", "TraceModel", "Signatures", "MilterProtocol"]),
    tests(
      "TraceFormat",
      also: ["Timeline", "TraceModel", "Mail", "Delivery", "CommandLanguage", "MilterProtocol"],
      hasFixtures: true),
    tests("CommandLanguage", also: ["Timeline", "TraceModel", "MilterProtocol"]),
    tests(
      "ProxyCore",
      also: [
        "Conformance", "Dialogue", "Timeline", "TraceModel", "TraceFormat", "CommandLanguage",
        "MilterProtocol",
      ]),
    tests("MTAConfiguration", also: ["MilterProtocol"]),
    tests("Cells", hasFixtures: true),
    tests(
      "ConsoleUI",
      also: ["Cells", "Comparison", "Timeline", "TraceModel", "Mail", "CommandLanguage", "MilterProtocol"],
      hasFixtures: true),
    tests(
      "ProxyRuntime",
      also: [
        "ProxyCore", "TraceFormat", "Dialogue", "MTAConfiguration", "Timeline", "TraceModel", "Mail",
        "CommandLanguage", "MilterProtocol", "CLinux",
      ],
      hasFixtures: true),
    tests("TerminalDriver", also: ["Cells", "MilterProtocol", "CNcurses"]),

    // What Tests/Terminal drives in a pseudo-terminal; its wall keeps crashes on request out of the tool.
    .executableTarget(
      name: "TerminalProbe", dependencies: ["TerminalDriver", "Cells", "MilterProtocol", "CLinux"],
      path: "Tests/TerminalProbe", swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "TestSupport", "TraceFormat", "Timeline", "TraceModel", "CommandLanguage", "MilterProtocol",
        "mitmilter",
      ],
      swiftSettings: strict),
  ]
)

/// The test target of `name`, with its `Fixtures` folder, where it has one, left where the tests read it.
func tests(_ name: String, also others: [Target.Dependency] = [], hasFixtures: Bool = false) -> Target {
  .testTarget(
    name: name + "Tests",
    dependencies: [.byName(name: name), "TestSupport"] + others,
    exclude: hasFixtures ? ["Fixtures"] : [], swiftSettings: strict)
}
