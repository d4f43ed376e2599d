return await Watchword.Server.Hosting.CommandLine.RunAsync(args);
