await Acme.Web.AcmeSite.Build(args).RunAsync();
