using Microsoft.AspNetCore.Components;
using MudBlazor;
using Watchword.Core.Administrators;
using Watchword.Core.Apps;
using Watchword.Server.Administration;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Pages.Applications;

/// <summary>What all pages of one application have in common: which one it is, and changing it.</summary>
public abstract class ApplicationPage : ComponentBase
{
    /// <summary>The application's id, from the address.</summary>
    [Parameter] public string AppId { get; set; } = "";

    [Inject] private protected Desk Desk { get; set; } = null!;

    [Inject] private protected ApplicationAdministration Applications { get; set; } = null!;

    [Inject] private protected ISnackbar Snackbar { get; set; } = null!;

    [CascadingParameter] private protected AdministratorSession Seat { get; set; } = null!;

    /// <summary>The application as it is kept; null until it is read, or when there is none.</summary>
    private protected Application? App { get; private set; }

    /// <summary>Whether it was looked for.</summary>
    private protected bool Loaded { get; private set; }

    /// <summary>What is wrong with what was entered.</summary>
    private protected IReadOnlyList<string> Wrong { get; private set; } = [];

    private protected bool MayChange => Seat.CurrentRole.May(Permission.ChangeSettings);

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (App?.AppId == AppId)
            return;
        var by = await Desk.AsAsync(Permission.ReadSettings);
        App = await Applications.FindAsync(by.TenantId, AppId);
        if (App is not null)
            await ShowAsync(App);
        Loaded = true;
    }

    /// <summary>Fills the page's fields from the application: when it opens, and after each change.</summary>
    private protected virtual Task ShowAsync(Application app) => Task.CompletedTask;

    /// <summary>Changes the application, and says what came of it.</summary>
    private protected async Task<bool> ChangeAsync(Func<Application, Application> change, string done, IReadOnlyList<TestNumberEntry?>? testNumbers = null)
    {
        var changed = await Applications.ChangeAsync(await Desk.AsAsync(Permission.ChangeSettings), AppId, change, testNumbers);
        Wrong = FaultWords.Plain(changed?.Faults ?? []);
        App = changed is { Faults.Count: > 0 } ? App : changed?.Value;
        if (App is null || Wrong.Count > 0)
            return false;
        await ShowAsync(App);
        Snackbar.Add(done, Severity.Success);
        return true;
    }
}
