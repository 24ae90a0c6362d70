Mitmilter.main()
