using MudBlazor;

namespace Watchword.Server.Portal.Shell;

/// <summary>The portal's colours and type; portal.css has the same for the pages without components.</summary>
internal static class PortalTheme
{
    private static readonly string[] Sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"];

    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#0d6650", Secondary = "#4c5a8a", Tertiary = "#8a5a00", Info = "#1f5f99", Success = "#0d6650", Warning = "#8a5a00", Error = "#a3261c",
            Background = "#fafaf8", Surface = "#ffffff", AppbarBackground = "#ffffff", AppbarText = "#17201d", DrawerBackground = "#fafaf8", DrawerText = "#3d4844", DrawerIcon = "#56615d",
            TextPrimary = "#17201d", TextSecondary = "#56615d", TextDisabled = "#6f7a76", ActionDefault = "#56615d", ActionDisabled = "#767f7c", LinesDefault = "#dcdfda", LinesInputs = "#858f8b",
            TableLines = "#e6e8e4", Divider = "#dcdfda", TableHover = "#f1f2ef", BackgroundGray = "#f1f2ef",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#6fcfb0", PrimaryContrastText = "#06211a", Secondary = "#aab6e8", Tertiary = "#e8b765", Info = "#8fc3f0", Success = "#6fcfb0", SuccessContrastText = "#06211a", Warning = "#e8b765",
            WarningContrastText = "#2a1d00", Error = "#ff9c8f", ErrorContrastText = "#3a0d07", InfoContrastText = "#08233c",
            Background = "#111614", Surface = "#181e1c", AppbarBackground = "#181e1c", AppbarText = "#e7ecea", DrawerBackground = "#111614", DrawerText = "#c3ccc8", DrawerIcon = "#a1aca8",
            TextPrimary = "#e7ecea", TextSecondary = "#a1aca8", TextDisabled = "#8a9591", ActionDefault = "#a1aca8", ActionDisabled = "#808b87", LinesDefault = "#2e3835", LinesInputs = "#73807b",
            TableLines = "#262f2c", Divider = "#2e3835", TableHover = "#1f2624", BackgroundGray = "#1f2624",
        },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Sans, FontSize = "0.9375rem", LineHeight = "1.5" },
            Body1 = new Body1Typography { FontFamily = Sans, FontSize = "0.9375rem" },
            Body2 = new Body2Typography { FontFamily = Sans, FontSize = "0.875rem" },
            H4 = new H4Typography { FontFamily = Sans, FontSize = "1.5rem", FontWeight = "650" },
            H5 = new H5Typography { FontFamily = Sans, FontSize = "1.2rem", FontWeight = "650" },
            H6 = new H6Typography { FontFamily = Sans, FontSize = "1.05rem", FontWeight = "600" },
            Button = new ButtonTypography { FontFamily = Sans, TextTransform = "none", FontWeight = "600", FontSize = "0.9rem" },
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px", DrawerWidthLeft = "232px", AppbarHeight = "56px" },
    };
}
