package concord.peer;

import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.model.entity.StorageSettings;

/** Settings are those of the starter project, default by default; README.md names what differs. */
final class Settings {
  static final int PAGE = 20;

  static JpaStorageSettings storage() {
    var s = new JpaStorageSettings();
    s.setIndexMissingFields(StorageSettings.IndexEnabledEnum.DISABLED);
    s.setAutoCreatePlaceholderReferenceTargets(false);
    s.setEnforceReferentialIntegrityOnWrite(true);
    s.setEnforceReferentialIntegrityOnDelete(true);
    s.setAllowContainsSearches(true);
    s.setAllowMultipleDelete(false);
    s.setAllowExternalReferences(false);
    s.setSchedulingDisabled(false);
    s.setDeleteExpungeEnabled(false);
    s.setExpungeEnabled(true);
    s.setDefaultSearchParamsCanBeOverridden(true);
    s.setFetchSizeDefaultMaximum(Integer.MAX_VALUE);
    s.setReuseCachedSearchResultsForMillis(60_000L);
    s.setExpireSearchResultsAfterMillis(60 * 60_000L);
    s.setFilterParameterEnabled(true);
    s.setHibernateSearchIndexSearchParams(false);
    s.setInlineResourceTextBelowSize(4000);
    s.setDeferIndexingForCodesystemsOfSize(100);
    s.setResourceClientIdStrategy(JpaStorageSettings.ClientIdStrategyEnum.ALPHANUMERIC);
    s.setResourceDbHistoryEnabled(true);
    s.setBundleBatchPoolSize(100);
    return s;
  }

  private Settings() {}
}
