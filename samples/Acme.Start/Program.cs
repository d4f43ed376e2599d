using System.Runtime.InteropServices;
using Acme.Start;

// Server and sample together, for who wants to see them: no settings, everything under data/acme.
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    await using var couple = await Couple.StartAsync(new CoupleOptions(), stop.Token);
    Console.WriteLine(
        $"""

          Acme, a site that logs in with Watchword.

            Acme            {couple.WebUrl}/
            SMS inbox       {couple.ServerUrl}/inbox
            Watchword       {couple.ServerUrl}/
            Admin Portal    {couple.ServerUrl}/admin

          Stop with Ctrl+C. Everything it knows is under data/acme.

        """);
    await couple.EndedAsync(stop.Token);
    Console.Error.WriteLine("One of the two has ended, so the other is stopped.");
    return 1;
}
catch (OperationCanceledException)
{
    return 0;
}
catch (StartFailedException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
